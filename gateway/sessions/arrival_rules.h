// What routing is told of an inquiry, and when a session that nobody takes now comes back. Pure;
// any thread.
#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <optional>

#include "gateway/routing/config/plan.h"
#include "gateway/routing/router.h"
#include "proto/kefu/inquiries/v1/service.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::sessions {

using Inquiries = google::protobuf::RepeatedPtrField<inquiries::v1::Inquiry>;

inline bool IsOpen(const inquiries::v1::Inquiry& inquiry) {
  return inquiry.state() == inquiries::v1::Inquiry::STATE_OPEN;
}

// Without group and last agent.
absl::StatusOr<routing::Arrival> ToArrival(const inquiries::v1::Inquiry& inquiry);
// As the plan asks for them.
routing::SessionTraits TraitsOf(const routing::Arrival& arrival);

// For how long the shop remembers who served a buyer; 0: not at all.
int64_t RememberMs(const routing::config::Plan& plan);
// Who served the buyer before `session`, if that ended within `remember_ms`. Newest first.
std::optional<AgentId> LastAgent(const Inquiries& inquiries, const SessionId& session,
                                 TimePoint now, int64_t remember_ms);

// When a session comes back that is not let in now: at the opening, else in an hour.
TimePoint DueOf(const routing::config::Placement& placement, TimePoint now);

}  // namespace kefu::gateway::sessions
