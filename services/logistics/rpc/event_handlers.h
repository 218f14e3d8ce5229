// What follows here from the events of others: an order that has parcels makes them known.
//
// Threads: thread-safe. Errors: those of the store; an event whose parcels cannot be kept is
// refused for good (INVALID_FIELD) and becomes a dead letter.
#pragma once

#include "services/common/events/consumer.h"
#include "services/logistics/storage/shipment_store.h"

namespace kefu::logistics::rpc {

class EventHandlers {
 public:
  // `store` outlives it.
  explicit EventHandlers(storage::ShipmentStore& store) : store_(store) {}

  // Before the consumer starts.
  void RegisterWith(events::Consumer& consumer);

  // com.kefu.order.created.v1, com.kefu.order.changed.v1. Each parcel is its own commit, the cursor
  // moves with the last; so all but the last may be repeated, which changes nothing.
  Task<absl::StatusOr<events::Effect>> OnOrder(events::Delivery delivery);

 private:
  storage::ShipmentStore& store_;
};

}  // namespace kefu::logistics::rpc
