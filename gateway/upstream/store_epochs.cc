#include "gateway/upstream/store_epochs.h"

#include <utility>

#include "gateway/upstream/publishers.h"
#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using events::v1::EventLogService;
using Stub = EventLogService::StubInterface::async_interface;

Task<absl::StatusOr<uint64_t>> RaiseOne(ServiceChannels& services, EventPublisher publisher,
                                        server::CallScope scope, ShopId shop,
                                        std::string request_id) {
  const std::string service(publisher.service);
  events::v1::ReadRequest read;
  read.set_shop(shop.str());
  read.set_source(std::string(publisher.source));
  read.set_page_size(1);
  absl::StatusOr<events::v1::ReadResponse> log =
      co_await services.Call<EventLogService>(service, &Stub::Read, scope, std::move(read));
  if (!log.ok()) co_return log.status();
  events::v1::RaiseEpochRequest raise;
  raise.set_shop(shop.str());
  raise.set_source(std::string(publisher.source));
  raise.set_request_id(std::move(request_id));
  raise.set_observed_epoch(log->store_epoch());
  absl::StatusOr<events::v1::RaiseEpochResponse> raised =
      co_await services.Call<EventLogService>(service, &Stub::RaiseEpoch, scope, std::move(raise));
  if (!raised.ok()) co_return raised.status();
  co_return raised->store_epoch();
}

}  // namespace

Task<absl::StatusOr<std::map<std::string, uint64_t>>> RaiseStoreEpochs(ServiceChannels& services,
                                                                       server::CallScope scope,
                                                                       ShopId shop,
                                                                       std::string request_id) {
  std::map<std::string, uint64_t> epochs;
  for (const EventPublisher& publisher : kEventPublishers) {
    if (!services.To(publisher.service).ok()) continue;
    absl::StatusOr<uint64_t> epoch =
        co_await RaiseOne(services, publisher, scope, shop, request_id);
    if (!epoch.ok()) co_return epoch.status();
    epochs[std::string(publisher.source)] = *epoch;
  }
  co_return epochs;
}

}  // namespace kefu::gateway
