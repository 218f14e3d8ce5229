// How long buyers have been waiting for an answer, for agents that must give one within a limit.
// Pure: no I/O, no clock, no protobuf.
//
// A buyer waits from the first entry that was not answered, and not before the session came to the
// agent: what the buyer waited for others is not this one's fault. Entries are told in their order;
// all of them again, from the first, is harmless.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/clock.h"

namespace kefu::gateway::streams {

class AnswerWatch {
 public:
  // 0: no limit, nothing is ever due.
  explicit AnswerWatch(int64_t limit_ms) : limit_ms_(limit_ms) {}

  bool limited() const { return limit_ms_ > 0; }

  // The agent holds the conversation's session since then.
  void Gained(const std::string& conversation, TimePoint since);
  void Lost(const std::string& conversation) { held_.erase(conversation); }
  void BuyerWrote(const std::string& conversation, TimePoint when);
  // Something that the buyer sees.
  void AgentAnswered(const std::string& conversation);

  // Those whose buyers have waited longer than the limit.
  std::vector<std::string> Overdue(TimePoint now) const;
  // When the next one will be; none: nobody waits.
  std::optional<TimePoint> NextDue() const;

 private:
  struct Held {
    TimePoint since;
    // When the first unanswered entry was written.
    std::optional<TimePoint> unanswered;
  };
  std::optional<TimePoint> DueOf(const Held& held) const;

  const int64_t limit_ms_;
  std::map<std::string, Held> held_;
};

}  // namespace kefu::gateway::streams
