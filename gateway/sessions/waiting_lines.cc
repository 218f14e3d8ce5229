#include "gateway/sessions/waiting_lines.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "gateway/routing/config/demand.h"

namespace kefu::gateway::sessions {

using common::v1::SystemLine;

std::optional<SystemLine> AutoReplyLine(std::string text, std::string_view occasion) {
  if (text.empty()) return std::nullopt;
  SystemLine line;
  line.set_kind(SystemLine::KIND_AUTO_REPLY);
  (*line.mutable_parameters())["text"] = std::move(text);
  (*line.mutable_parameters())["occasion"] = std::string(occasion);
  return line;
}

SystemLine ParkedLine(v1::Parked::Reason reason, TimePoint due) {
  using google::protobuf::util::TimeUtil;
  constexpr size_t kPrefix = sizeof("REASON_") - 1;
  SystemLine line;
  line.set_kind(SystemLine::KIND_PARKED);
  (*line.mutable_parameters())["reason"] = v1::Parked::Reason_Name(reason).substr(kPrefix);
  (*line.mutable_parameters())["due_time"] =
      TimeUtil::ToString(TimeUtil::MillisecondsToTimestamp(due.ms));
  return line;
}

std::string_view OccasionOf(v1::Parked::Reason reason) {
  switch (reason) {
    case v1::Parked::REASON_CLOSED:
      return "closed";
    case v1::Parked::REASON_QUEUE_FULL:
      return "full";
    case v1::Parked::REASON_WAITED_TOO_LONG:
      return "waited_too_long";
    default:
      return "";
  }
}

std::string WordsFor(const routing::config::Plan& plan, const routing::config::Placement& placement,
                     const std::string& language, v1::Parked::Reason reason) {
  if (!placement.text.empty()) return placement.text;
  const v1::SkillGroup* const group = routing::config::FindGroup(plan.config(), placement.group);
  if (group != nullptr && group->fallback().has_leave_message()) {
    std::string text = plan.TextFor(group->fallback().leave_message(), language);
    if (!text.empty()) return text;
  }
  const v1::AutoReplies& replies = plan.config().auto_replies();
  const bool closed = placement.closed || reason == v1::Parked::REASON_CLOSED;
  return plan.TextFor(closed ? replies.closed() : replies.busy(), language);
}

}  // namespace kefu::gateway::sessions
