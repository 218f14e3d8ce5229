#include "services/after_sales/bind.h"

#include <optional>
#include <utility>

#include "services/after_sales/rpc/case_service.h"
#include "services/after_sales/storage/case_list.h"
#include "services/after_sales/storage/case_store.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

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
        cases_(
            store(),
            [this](redis::AggregateId id, redis::Request request,
                   redis::AggregateStore::Decide decide) {
              return Update(std::move(id), std::move(request), std::move(decide));
            },
            config.policy, metrics),
        list_(store()),
        service_(io(), cases_, list_, host::ChannelsTo(Host::peers(), "orders", config.orders)) {
    Serve(&service_);
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

  storage::CaseStore cases_;
  storage::CaseList list_;
  rpc::CaseServiceImpl service_;
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
