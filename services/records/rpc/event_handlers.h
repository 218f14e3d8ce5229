// What records does when something happens elsewhere: every known event of every source becomes
// rows.
// Threads: as the consumer. `keeper` outlives it.
#pragma once

#include "services/common/events/consumer.h"
#include "services/records/storage/keeper.h"

namespace kefu::records::rpc {

class EventHandlers {
 public:
  explicit EventHandlers(storage::Keeper& keeper) : keeper_(keeper) {}

  // Before the consumer starts; must outlive it.
  void RegisterWith(events::Consumer& consumer);
  Task<absl::StatusOr<events::Effect>> Handle(events::Delivery delivery);

 private:
  storage::Keeper& keeper_;
};

}  // namespace kefu::records::rpc
