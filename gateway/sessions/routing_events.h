// What follows at inquiries from the log of routing, beside the fence: who gave up is kept for
// later, who left the queue is closed, who has to wait is told so in the shop's words. Harmless to
// repeat; an entry that is not the last word about its session changes nothing. Thread-safe.
#pragma once

#include <absl/status/status.h>

#include <optional>

#include "gateway/routing/router.h"
#include "gateway/sessions/arrivals.h"
#include "gateway/sessions/routing_plans.h"
#include "gateway/sessions/session_flow.h"
#include "gateway/sessions/system_voice.h"
#include "gateway/upstream/inquiries_client.h"

namespace kefu::gateway::sessions {

class RoutingEvents {
 public:
  // All outlive it.
  struct Deps {
    InquiriesClient& inquiries;
    routing::Router& router;
    Announcer& announcer;
    SessionFlow& flow;
    Arrivals& arrivals;
    RoutingPlans& plans;
    SystemVoice& voice;
    const Clock& clock;
  };
  explicit RoutingEvents(Deps deps) : deps_(deps) {}

  Task<absl::Status> Follow(server::CallScope scope, ShopId shop, routing::Event event);

  // The buyer does not want to wait any longer. FAILED_PRECONDITION NOT_WAITING: somebody serves
  // the session. Closed already: nothing changes.
  Task<absl::Status> LeaveQueue(server::CallScope scope, ShopId shop, SessionId session);

 private:
  // The session left the queue; since then (absent: just now) its buyer was not heard of.
  Task<absl::Status> CloseAbandoned(server::CallScope scope, ShopId shop, SessionId session,
                                    std::optional<TimePoint> since);
  Task<absl::StatusOr<bool>> WroteSince(server::CallScope scope, ShopId shop,
                                        inquiries::v1::Conversation conversation, TimePoint since);
  Task<absl::Status> Abandoned(server::CallScope scope, ShopId shop, routing::Event event);
  Task<absl::Status> HasToWait(server::CallScope scope, ShopId shop, routing::SessionChange change);

  const Deps deps_;
};

}  // namespace kefu::gateway::sessions
