#include "services/after_sales/bind.h"

#include <optional>
#include <utility>

#include "services/after_sales/rpc/case_service.h"
#include "services/after_sales/rpc/event_handlers.h"
#include "services/after_sales/storage/case_list.h"
#include "services/after_sales/storage/case_store.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"
#include "services/common/seal/owner_keys.h"

namespace kefu::after_sales {
namespace {

class AfterSales final : public host::Host {
 public:
  AfterSales(const Config& config, host::Stores stores, host::Peers peers,
             metrics::Metrics& metrics)
      : Host({.service = "after_sales",
              .config = config.host,
              .snapshot = {storage::Shown()},
              .peers = std::move(peers)},
             std::move(stores), metrics),
        keys_(store(), *config.master_keys),
        cases_(
            store(), keys_,
            [this](redis::AggregateId id, redis::Request request,
                   redis::AggregateStore::Decide decide) {
              return Update(std::move(id), std::move(request), std::move(decide));
            },
            config.policy, metrics),
        list_(store(), keys_),
        service_(io(), cases_, list_, keys_,
                 host::ChannelsTo(Host::peers(), "orders", config.orders)),
        handlers_(cases_) {
    Serve(&service_);
    handlers_.Register(consumer());
    OnDue([this](ShopId shop, timers::DueItem item) {
      return Due(std::move(shop), std::move(item));
    });
  }

  ~AfterSales() override { Stop(); }

 private:
  Task<absl::Status> Due(ShopId shop, timers::DueItem item) {
    std::optional<CaseId> id = storage::CaseOfTimer(item.key);
    if (!id) {
      log::Error("a timer of no case was dropped", {{"shop", shop.str()}, {"key", item.key}});
      co_return absl::OkStatus();
    }
    co_return co_await cases_.Expire(std::move(shop), *std::move(id));
  }

  seal::OwnerKeys keys_;
  storage::CaseStore cases_;
  storage::CaseList list_;
  rpc::CaseServiceImpl service_;
  rpc::EventHandlers handlers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<server::Service>> BindTo(host::Peers peers, const Config& config,
                                                        metrics::Metrics& metrics) {
  KEFU_ASSIGN_OR_RETURN(host::Stores stores, host::OpenStores("after_sales", config.host));
  auto service = std::make_unique<AfterSales>(config, std::move(stores), std::move(peers), metrics);
  KEFU_RETURN_IF_ERROR(service->Listen());
  return service;
}

absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics) {
  return BindTo(nullptr, config, metrics);
}

}  // namespace kefu::after_sales
