// Sessions that are kept for later: the inquiry is open and its messages are kept, but routing does
// not hold it. The record says why and until when; it and its timer are written in one step, so
// that whoever dies, the session comes back.
//
//         Park (closed, full, waited too long, the buyer's wish)
//   (none) ─────────────▶ PARKED ──── due, or the buyer is served before ────▶ OVER
//      ▲                    │  ▲                                                │
//      │                    │  └──────────────── Park: times + 1 ───────────────┤
//      └──── inquiry closed ┴───────────────────────────────────────────────────┘
//
// Keys: `kf:gateway:{shop}:parked:<session>` (ParkedRecord); timer "parked:<session>" in the
// gateway's due queue (services/common/timers).
// Threads: thread-safe. Errors: those of the store.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregates.h"
#include "services/common/timers/due_queue.h"

namespace kefu::gateway::sessions {

struct Parking {
  v1::Parked::Reason reason = v1::Parked::REASON_UNSPECIFIED;
  TimePoint due;
  std::string text;
  // How often the session was parked or given another time; set by the lot.
  uint32_t times = 0;
  bool over = false;
};

v1::Parked ToMessage(const Parking& parking);

class ParkingLot {
 public:
  // Both outlive it.
  ParkingLot(redis::Aggregates& store, timers::DueQueue& timers) : store_(store), timers_(timers) {}

  // Unless it is parked already; answers what stands.
  Task<absl::StatusOr<Parking>> Park(ShopId shop, SessionId session, Parking parking);
  // Parked or not, from now on for this reason and until then. Once for each request.
  Task<absl::StatusOr<Parking>> Repark(redis::Request request, ShopId shop, SessionId session,
                                       Parking parking);
  // Absent: not parked.
  Task<absl::StatusOr<std::optional<Parking>>> Find(ShopId shop, SessionId session);
  // The session goes on, unless it was parked anew since (`times`).
  Task<absl::Status> Leave(ShopId shop, SessionId session, uint32_t times);
  // The inquiry is closed.
  Task<absl::Status> Forget(ShopId shop, SessionId session);

  struct Due {
    SessionId session;
    timers::DueItem item;
  };
  // Sessions whose time has come; they come again after a while unless they are completed.
  Task<absl::StatusOr<std::vector<Due>>> TakeDue(ShopId shop, size_t limit);
  Task<absl::Status> Complete(ShopId shop, Due due);
  // Absent: nothing is parked.
  Task<absl::StatusOr<std::optional<TimePoint>>> NextDue(ShopId shop);

 private:
  redis::Aggregates& store_;
  timers::DueQueue& timers_;
};

}  // namespace kefu::gateway::sessions
