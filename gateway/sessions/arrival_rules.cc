#include "gateway/sessions/arrival_rules.h"

#include <absl/strings/ascii.h>
#include <google/protobuf/util/time_util.h>

#include <string>
#include <utility>

#include "gateway/routing/config/demand.h"
#include "gateway/triage/triage.h"

namespace kefu::gateway::sessions {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kRememberMs = 24 * kHourMs;

// As the plan names channels: "widget" for CHANNEL_WIDGET.
std::string NameOf(common::v1::Channel channel) {
  constexpr size_t kPrefix = sizeof("CHANNEL_") - 1;
  if (channel == common::v1::CHANNEL_UNSPECIFIED || !common::v1::Channel_IsValid(channel))
    return "";
  return absl::AsciiStrToLower(common::v1::Channel_Name(channel).substr(kPrefix));
}

// "vip" for PRIORITY_VIP; normal ones have none.
std::string NameOf(common::v1::Priority priority) {
  constexpr size_t kPrefix = sizeof("PRIORITY_") - 1;
  if (priority <= common::v1::PRIORITY_NORMAL || !common::v1::Priority_IsValid(priority)) return "";
  return absl::AsciiStrToLower(common::v1::Priority_Name(priority).substr(kPrefix));
}

}  // namespace

absl::StatusOr<routing::Arrival> ToArrival(const inquiries::v1::Inquiry& inquiry) {
  KEFU_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(inquiry.session()));
  const BuyerId buyer = BuyerOf(session.conversation());
  routing::Arrival arrival{.session = std::move(session), .buyer = buyer};
  arrival.category = TriageOf(inquiry.opening()).category();
  arrival.language = inquiry.opening().language();
  arrival.channel = NameOf(inquiry.opening().channel());
  arrival.page = inquiry.opening().page().url();
  arrival.priority = NameOf(inquiry.opening().priority());
  arrival.priority = NameOf(inquiry.opening().priority());
  arrival.fence = inquiry.fence();
  arrival.reopened = inquiry.reopened();
  return arrival;
}

routing::SessionTraits TraitsOf(const routing::Arrival& arrival) {
  return {.category = arrival.category,
          .language = arrival.language,
          .channel = arrival.channel,
          .page = arrival.page,
          .priority = arrival.priority};
}

int64_t RememberMs(const routing::config::Plan& plan) {
  const v1::StickyAgents& sticky = plan.config().sticky();
  if (sticky.disabled()) return 0;
  return routing::config::MillisOf(sticky.has_remember(), sticky.remember(), kRememberMs);
}

std::optional<AgentId> LastAgent(const Inquiries& inquiries, const SessionId& session,
                                 TimePoint now, int64_t remember_ms) {
  for (const inquiries::v1::Inquiry& inquiry : inquiries) {
    if (inquiry.session() == session.str() || IsOpen(inquiry) || inquiry.agent().empty()) continue;
    const TimePoint closed{
        google::protobuf::util::TimeUtil::TimestampToMilliseconds(inquiry.close_time())};
    if (now - closed > remember_ms) return std::nullopt;
    const absl::StatusOr<AgentId> agent = AgentId::Parse(inquiry.agent());
    return agent.ok() ? std::optional(*agent) : std::nullopt;
  }
  return std::nullopt;
}

TimePoint DueOf(const routing::config::Placement& placement, TimePoint now) {
  return placement.closed && placement.opens ? *placement.opens : now + kHourMs;
}

}  // namespace kefu::gateway::sessions
