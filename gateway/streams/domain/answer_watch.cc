#include "gateway/streams/domain/answer_watch.h"

#include <algorithm>

namespace kefu::gateway::streams {

void AnswerWatch::Gained(const std::string& conversation, TimePoint since) {
  if (limited()) held_[conversation].since = since;
}

void AnswerWatch::BuyerWrote(const std::string& conversation, TimePoint when) {
  const auto held = held_.find(conversation);
  if (held != held_.end() && !held->second.unanswered) held->second.unanswered = when;
}

void AnswerWatch::AgentAnswered(const std::string& conversation) {
  const auto held = held_.find(conversation);
  if (held != held_.end()) held->second.unanswered.reset();
}

std::optional<TimePoint> AnswerWatch::DueOf(const Held& held) const {
  if (!held.unanswered) return std::nullopt;
  return std::max(*held.unanswered, held.since) + limit_ms_;
}

std::vector<std::string> AnswerWatch::Overdue(TimePoint now) const {
  std::vector<std::string> overdue;
  for (const auto& [conversation, held] : held_) {
    const std::optional<TimePoint> due = DueOf(held);
    if (due && *due <= now) overdue.push_back(conversation);
  }
  return overdue;
}

std::optional<TimePoint> AnswerWatch::NextDue() const {
  std::optional<TimePoint> next;
  for (const auto& [conversation, held] : held_) {
    const std::optional<TimePoint> due = DueOf(held);
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

}  // namespace kefu::gateway::streams
