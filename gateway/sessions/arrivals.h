// The way into routing: by the shop's plan a session goes to a group, to the agent of last time, or
// is kept for later; and what becomes of sessions that leave the queue without having been served.
//
//            closed, leave a message ──▶ PARKED ◀── QUEUE_FULL, waited too long, the buyer's wish
//   Admit ──▶ Router::Arrive                │
//                                           └─ due: still closed ─▶ PARKED, else Router::Arrive
//                                              (kept: whatever waits)
//
// Every step may be repeated, by anybody, at any time: routing, the parking lot and the lines each
// know what was done. Order: parked before it leaves routing, in routing before it leaves the lot;
// whoever dies in between leaves it in both, and routing's word counts.
// Threads: thread-safe. What it is given outlives it.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>

#include "gateway/routing/router.h"
#include "gateway/sessions/announcer.h"
#include "gateway/sessions/arrival_rules.h"
#include "gateway/sessions/parking_lot.h"
#include "gateway/sessions/routing_plans.h"
#include "gateway/sessions/system_voice.h"
#include "gateway/upstream/inquiries_client.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/server/unary.h"

namespace kefu::gateway::sessions {

// Where a session stands after a step. Neither: nothing changed.
struct Standing {
  std::optional<routing::SessionChange> routed;
  std::optional<Parking> parked;
};

class Arrivals {
 public:
  struct Deps {
    InquiriesClient& inquiries;
    routing::Router& router;
    Announcer& announcer;
    RoutingPlans& plans;
    ParkingLot& lot;
    SystemVoice& voice;
    const Clock& clock;
  };
  explicit Arrivals(Deps deps) : deps_(deps) {}

  // An inquiry was opened. `fresh`: just now, so that nobody knows it yet.
  Task<absl::StatusOr<Standing>> Admit(server::CallScope scope, ShopId shop,
                                       inquiries::v1::Inquiry inquiry, bool fresh);
  // Routing's log: the session waited too long.
  Task<absl::Status> GaveUp(server::CallScope scope, ShopId shop, routing::SessionChange change);
  // Tells the buyer of the parking, if it was not told.
  Task<absl::Status> TellParked(server::CallScope scope, ShopId shop, SessionId session);
  // FAILED_PRECONDITION NOT_WAITING if somebody serves the session.
  Task<absl::Status> MayLeaveMessage(ShopId shop, SessionId session);
  // The buyer leaves a message instead of waiting; comes back at `due`, absent: at the opening or
  // in an hour. FAILED_PRECONDITION NOT_WAITING, SESSION_CLOSED; NOT_FOUND NO_SUCH_SESSION.
  Task<absl::StatusOr<Parking>> LeaveMessage(server::CallScope scope, ShopId shop,
                                             SessionId session, redis::Request request,
                                             std::optional<TimePoint> due);
  // The time of a parked session has come.
  Task<absl::Status> Return(server::CallScope scope, ShopId shop, SessionId session);
  // Every session of the shop whose time has come, so many at once; when the next one is due.
  Task<absl::StatusOr<std::optional<TimePoint>>> ServeDue(server::CallScope scope, ShopId shop);
  // The session that had left the queue waits again: its buyer is still there.
  Task<absl::Status> GoOn(server::CallScope scope, ShopId shop, inquiries::v1::Inquiry inquiry);

  // The inquiry that stands in the conversation of the session. FAILED_PRECONDITION SESSION_CLOSED
  // if it is not that session's, or closed.
  Task<absl::StatusOr<inquiries::v1::Conversation>> FindOpen(server::CallScope scope, ShopId shop,
                                                             SessionId session);

 private:
  Task<absl::StatusOr<Standing>> Enter(server::CallScope scope, ShopId shop,
                                       routing::Arrival arrival);
  // Empty if the plan does not care, nobody served the buyer lately, or it cannot be known now.
  Task<std::optional<AgentId>> FindLastAgent(server::CallScope scope, ShopId shop,
                                             SessionId session, RoutingPlans::Shared plan);
  Task<absl::StatusOr<Standing>> Keep(server::CallScope scope, ShopId shop, SessionId session,
                                      Parking parking);
  Task<absl::Status> Tell(server::CallScope scope, ShopId shop, SessionId session, Parking parking);
  // What is parked by that reason now, in the shop's words.
  Parking ParkingFor(const routing::config::Plan& plan, const routing::config::Placement& placement,
                     const std::string& language, v1::Parked::Reason reason) const;

  const Deps deps_;
};

}  // namespace kefu::gateway::sessions
