// The lines that the system writes for buyers who are not served now. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/routing/config/plan.h"
#include "proto/kefu/common/v1/entry.pb.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "services/common/base/clock.h"

namespace kefu::gateway::sessions {

// Of one of the shop's texts; none if it is empty.
std::optional<common::v1::SystemLine> AutoReplyLine(std::string text, std::string_view occasion);
common::v1::SystemLine ParkedLine(v1::Parked::Reason reason, TimePoint due);

// KIND_AUTO_REPLY's occasion for a session that is parked; empty: nothing is to be said.
std::string_view OccasionOf(v1::Parked::Reason reason);
// What the shop says to a buyer who is not let in: the words of the group's fallback, else the
// reply that fits.
std::string WordsFor(const routing::config::Plan& plan, const routing::config::Placement& placement,
                     const std::string& language, v1::Parked::Reason reason);

}  // namespace kefu::gateway::sessions
