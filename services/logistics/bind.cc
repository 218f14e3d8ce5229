#include "services/logistics/bind.h"

#include <utility>

#include "services/common/base/status.h"
#include "services/logistics/rpc/event_handlers.h"
#include "services/logistics/rpc/metrics.h"
#include "services/logistics/rpc/push_service.h"
#include "services/logistics/rpc/shipment_service.h"
#include "services/logistics/storage/push_store.h"
#include "services/logistics/storage/shipment_store.h"

namespace kefu::logistics {
namespace {

constexpr char kService[] = "logistics";

host::HostOptions Options(const Config& config, host::Peers peers) {
  return {.service = kService,
          .config = config.host,
          .snapshot = {{storage::kShipmentType, storage::kShipmentsIndex, storage::ShowShipment}},
          .peers = std::move(peers)};
}

// Members are in the order in which they depend on each other.
class LogisticsService final : public host::Host {
 public:
  LogisticsService(const Config& config, host::Stores stores, host::Peers peers,
                   metrics::Metrics& metrics)
      : Host(Options(config, std::move(peers)), std::move(stores), metrics),
        table_(config.statuses),
        metrics_(metrics),
        shipments_(store(), Committing()),
        pushes_(store(), Committing()),
        shipment_service_(io(), shipments_, table_, metrics_),
        push_service_(io(), pushes_, shipments_, table_, metrics_),
        handlers_(shipments_) {
    Serve(&shipment_service_);
    Serve(&push_service_);
    handlers_.RegisterWith(consumer());
    OnDue([this](ShopId shop, timers::DueItem item) {
      return push_service_.OnDue(std::move(shop), std::move(item));
    });
  }

  ~LogisticsService() override { Stop(); }

 private:
  storage::Commit Committing() {
    return [this](redis::AggregateId id, redis::Request request,
                  redis::AggregateStore::Decide decide, std::optional<redis::CursorMove> move) {
      return Update(std::move(id), std::move(request), std::move(decide), std::move(move));
    };
  }

  const StatusTable table_;
  rpc::LogisticsMetrics metrics_;
  storage::ShipmentStore shipments_;
  storage::PushStore pushes_;
  rpc::ShipmentServiceImpl shipment_service_;
  rpc::PushServiceImpl push_service_;
  rpc::EventHandlers handlers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<server::Service>> BindTo(host::Peers peers, const Config& config,
                                                        metrics::Metrics& metrics) {
  KEFU_ASSIGN_OR_RETURN(host::Stores stores, host::OpenStores(kService, config.host));
  auto service =
      std::make_unique<LogisticsService>(config, std::move(stores), std::move(peers), metrics);
  KEFU_RETURN_IF_ERROR(service->Listen());
  return std::unique_ptr<server::Service>(std::move(service));
}

absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics) {
  host::Peers configured;
  return BindTo(std::move(configured), config, metrics);
}

}  // namespace kefu::logistics
