#include "services/orders/bind.h"

#include <utility>
#include <vector>

#include "services/common/base/status.h"
#include "services/common/seal/owner_keys.h"
#include "services/orders/rpc/event_handlers.h"
#include "services/orders/rpc/order_service.h"
#include "services/orders/rpc/upserts.h"
#include "services/orders/storage/order_store.h"
#include "services/orders/storage/records.h"

namespace kefu::orders {
namespace {

absl::StatusOr<std::vector<redis::NewEvent>> ShowInSnapshot(const std::string& id,
                                                            const redis::Snapshot& snapshot) {
  KEFU_ASSIGN_OR_RETURN(const OrderId order, OrderId::Parse(id));
  KEFU_ASSIGN_OR_RETURN(const domain::Order state, storage::Decode(snapshot.state));
  std::vector<redis::NewEvent> events;
  if (state.known) {
    events.push_back(
        {"com.kefu.order.changed.v1", id, storage::ShowChange(order, state, snapshot.version, {})});
  }
  return events;
}

class Orders final : public host::Host {
 public:
  Orders(const Config& config, host::Stores stores, metrics::Metrics& metrics, host::Peers peers)
      : Host({.service = "orders",
              .config = config.host,
              .snapshot = {{"order", storage::kAllOrders, ShowInSnapshot}},
              .peers = std::move(peers)},
             std::move(stores), metrics),
        statuses_(*config.statuses),
        keys_(store(), *config.master_keys),
        orders_(
            store(),
            [this](redis::AggregateId id, redis::Request request,
                   redis::AggregateStore::Decide decide, std::optional<redis::CursorMove> move) {
              return Update(std::move(id), std::move(request), std::move(decide), std::move(move));
            }),
        upserts_(orders_, keys_, statuses_, metrics),
        service_(io(), orders_, keys_, upserts_, metrics),
        handlers_(orders_, keys_) {
    Serve(&service_);
    handlers_.Register(consumer());
  }
  ~Orders() override { Stop(); }

 private:
  const domain::StatusTables statuses_;
  seal::OwnerKeys keys_;
  storage::OrderStore orders_;
  rpc::Upserts upserts_;
  rpc::OrderServiceImpl service_;
  rpc::EventHandlers handlers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<server::Service>> BindTo(host::Peers peers, const Config& config,
                                                        metrics::Metrics& metrics) {
  KEFU_ASSIGN_OR_RETURN(host::Stores stores, host::OpenStores("orders", config.host));
  auto orders = std::make_unique<Orders>(config, std::move(stores), metrics, std::move(peers));
  KEFU_RETURN_IF_ERROR(orders->Listen());
  return orders;
}

absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics) {
  return BindTo(nullptr, config, metrics);
}

}  // namespace kefu::orders
