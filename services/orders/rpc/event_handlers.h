// What follows from the events of other services:
//   logistics    shipment.created, shipment.changed → status of the parcel, fulfilment
//   after_sales  case.opened, case.changed → list of cases, aftersale
//   inquiries    buyer.erased → the buyer's key, masks and phone tails go
// Later and repeated events change nothing (domain/order.h, Seen). An event whose data cannot be
// read is refused for good, so that the consumer puts it aside.
//
// Threads: thread-safe. What is given outlives it.
#pragma once

#include "services/common/events/consumer.h"
#include "services/common/seal/owner_keys.h"
#include "services/orders/storage/order_store.h"

namespace kefu::orders::rpc {

class EventHandlers {
 public:
  EventHandlers(storage::OrderStore& orders, seal::OwnerKeys& keys)
      : orders_(orders), keys_(keys) {}

  // Before the consumer starts.
  void Register(events::Consumer& consumer);

  Task<absl::StatusOr<events::Effect>> OnShipment(events::Delivery delivery);
  Task<absl::StatusOr<events::Effect>> OnCase(events::Delivery delivery);
  Task<absl::StatusOr<events::Effect>> OnBuyerErased(events::Delivery delivery);

 private:
  Task<absl::StatusOr<events::Effect>> Commit(events::Delivery delivery, OrderId order,
                                              storage::OrderStore::Decide decide);
  Task<absl::Status> EraseContacts(ShopId shop, std::string buyer, redis::Request request);

  storage::OrderStore& orders_;
  seal::OwnerKeys& keys_;
};

}  // namespace kefu::orders::rpc
