#include "gateway/rpc/explanations.h"

#include <google/protobuf/util/time_util.h>

#include <optional>

namespace kefu::gateway {
namespace {

using google::protobuf::util::TimeUtil;

google::protobuf::Timestamp ToTimestamp(TimePoint time) {
  return TimeUtil::MillisecondsToTimestamp(time.ms);
}

}  // namespace

v1::Explanation::Reason ReasonOf(const routing::Explanation& explanation,
                                 const routing::ClassTable& classes) {
  if (explanation.session.session.state() != v1::Session::STATE_WAITING)
    return v1::Explanation::REASON_UNSPECIFIED;
  if (explanation.buyer_away_until) return v1::Explanation::REASON_BUYER_AWAY;
  if (explanation.sticky_until) return v1::Explanation::REASON_LAST_AGENT;
  if (explanation.eligible == 0) return v1::Explanation::REASON_NOBODY_ONLINE;
  const routing::ClassSpec spec = classes.Find(explanation.session.class_name);
  if (spec.strategy == routing::Strategy::kManualClaim) return v1::Explanation::REASON_MANUAL_CLAIM;
  if (explanation.with_room == 0) return v1::Explanation::REASON_NOBODY_HAS_ROOM;
  if (explanation.next_agent.empty()) return v1::Explanation::REASON_EXCLUDED;
  return v1::Explanation::REASON_NEXT;
}

v1::Explanation ToMessage(const routing::Explanation& explanation,
                          const routing::ClassTable& classes) {
  v1::Explanation message;
  *message.mutable_session() = explanation.session.session;
  message.set_reason(ReasonOf(explanation, classes));
  message.set_step(routing::StepOf(explanation.session.class_name));
  message.set_ahead(explanation.ahead);
  message.set_eligible(explanation.eligible);
  message.set_with_room(explanation.with_room);
  for (const auto& [agent, until] : explanation.excluded) {
    v1::Explanation::Exclusion* exclusion = message.add_excluded();
    exclusion->set_agent(agent);
    *exclusion->mutable_until() = ToTimestamp(until);
  }
  if (!explanation.next_class.empty()) {
    message.set_next_group(std::string(routing::GroupOf(explanation.next_class)));
    message.set_next_step(routing::StepOf(explanation.next_class));
    if (explanation.next_at) *message.mutable_next_time() = ToTimestamp(*explanation.next_at);
  }
  if (explanation.sticky_until)
    *message.mutable_last_agent_until() = ToTimestamp(*explanation.sticky_until);
  if (explanation.buyer_away_until)
    *message.mutable_buyer_away_until() = ToTimestamp(*explanation.buyer_away_until);
  if (explanation.waits_until)
    *message.mutable_waits_until() = ToTimestamp(*explanation.waits_until);
  message.set_next_session(explanation.next_session);
  message.set_next_agent(explanation.next_agent);
  return message;
}

}  // namespace kefu::gateway
