#include "services/logistics/rpc/event_handlers.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "proto/kefu/orders/v1/events.pb.h"
#include "services/common/base/status.h"
#include "services/logistics/rpc/conversion.h"

namespace kefu::logistics::rpc {
namespace {

absl::StatusOr<std::vector<Register>> ParcelsOf(const orders::v1::Order& order) {
  std::vector<Register> commands;
  for (const orders::v1::Parcel& parcel : order.parcels()) {
    v1::ShipmentInput input;
    input.set_carrier(parcel.carrier());
    input.set_tracking_number(parcel.tracking_number());
    input.set_order(order.order());
    input.set_order_number(order.number());
    input.set_buyer(order.buyer());
    KEFU_ASSIGN_OR_RETURN(Register command, ToCommand(input));
    commands.push_back(std::move(command));
  }
  return commands;
}

}  // namespace

void EventHandlers::RegisterWith(events::Consumer& consumer) {
  for (const char* type : {"com.kefu.order.created.v1", "com.kefu.order.changed.v1"}) {
    consumer.On("orders", type,
                [this](events::Delivery delivery) { return OnOrder(std::move(delivery)); });
  }
}

Task<absl::StatusOr<events::Effect>> EventHandlers::OnOrder(events::Delivery delivery) {
  orders::v1::OrderChanged changed;
  if (!changed.ParseFromString(delivery.envelope.data())) {
    co_return Error(absl::StatusCode::kDataLoss, "BAD_EVENT", "The event cannot be read.");
  }
  // Events of an order say all of it each time; only few of them have to do with parcels.
  KEFU_CO_ASSIGN_OR_RETURN(const std::vector<Register> parcels, ParcelsOf(changed.order()));
  if (parcels.empty()) co_return events::Effect::kNone;
  for (size_t i = 0; i < parcels.size(); ++i) {
    const bool last = i + 1 == parcels.size();
    redis::Request request = delivery.request();
    std::optional<redis::CursorMove> move;
    if (last) move = delivery.move;
    KEFU_CO_RETURN_IF_ERROR(
        co_await store_.Register(delivery.shop, std::move(request), parcels[i], std::move(move)));
  }
  co_return delivery.move ? events::Effect::kCommitted : events::Effect::kNone;
}

}  // namespace kefu::logistics::rpc
