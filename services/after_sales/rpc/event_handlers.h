// What follows from the events of other services:
//   inquiries  buyer.erased → the key of the buyer's notes goes
// An event whose data cannot be read is refused for good, so that the consumer puts it aside.
//
// Threads: thread-safe. What is given outlives it.
#pragma once

#include "services/after_sales/storage/case_store.h"
#include "services/common/events/consumer.h"

namespace kefu::after_sales::rpc {

class EventHandlers {
 public:
  explicit EventHandlers(storage::CaseStore& cases) : cases_(cases) {}

  // Before the consumer starts.
  void Register(events::Consumer& consumer);

  Task<absl::StatusOr<events::Effect>> OnBuyerErased(events::Delivery delivery);

 private:
  storage::CaseStore& cases_;
};

}  // namespace kefu::after_sales::rpc
