// Business hours in the time of a place, with holidays. Pure; the rules of time zones come from the
// system's database (package tzdata).
//
// A moment is open if the clock on the wall there shows a time that a span covers. So what a clock
// change skips never was open, and what it repeats is open twice. A span over midnight belongs to
// the day on which it begins; on an exception's date only the exception's spans count.
// Threads: any.
#pragma once

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/routing/config/violations.h"
#include "proto/kefu/gateway/v1/routing_config.pb.h"
#include "services/common/base/clock.h"

namespace kefu::gateway::routing::config {

class Hours {
 public:
  // `path` leads to the message. What is wrong is added to `violations`, and left out.
  static Hours Parse(const v1::BusinessHours& hours, const std::string& path,
                     Violations* violations);

  bool IsOpen(TimePoint now) const;
  // The first moment after `now` at which IsOpen is different; none within two years.
  std::optional<TimePoint> NextChange(TimePoint now) const;
  // By how much the clock there is ahead of UTC.
  int64_t OffsetMs(TimePoint now) const;
  // `now` if open, else the next change.
  std::optional<TimePoint> NextOpening(TimePoint now) const;

 private:
  // Minutes since midnight. One that does not end after its begin ends on the next day.
  struct Span {
    int from = 0;
    int to = 0;
    bool over_midnight() const { return to <= from; }
  };
  using Spans = std::vector<Span>;

  static std::optional<Span> ParseSpan(const v1::TimeSpan& span, const std::string& path,
                                       Violations* violations);
  const Spans& SpansOf(absl::CivilDay day) const;
  bool Covers(absl::CivilMinute at) const;
  // Where the wall clock may enter or leave a span on that day, in order; no other moments can be
  // changes.
  std::vector<absl::Time> CandidatesOf(absl::CivilDay day) const;

  std::optional<absl::Time> FirstChangeOn(absl::CivilDay day, absl::Time after) const;

  absl::TimeZone zone_;
  std::array<Spans, 7> weekly_;  // Monday first
  std::map<absl::CivilDay, Spans> exceptions_;
};

}  // namespace kefu::gateway::routing::config
