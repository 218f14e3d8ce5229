// How long a buyer will wait, as a range, from what routing has seen lately. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/routing/router.h"
#include "services/common/base/clock.h"

namespace kefu::gateway::sessions {

// Of one group, over the part of the routing log that was looked at.
struct ServiceTimes {
  // Sessions that were closed by their owner's work, and for how long they were served in all.
  uint32_t closed = 0;
  int64_t served_ms = 0;
  // How long the one waited that was assigned last, and when that was.
  std::optional<int64_t> last_wait_ms;
  TimePoint last_assigned;
};
// By group.
std::map<std::string, ServiceTimes> ServiceTimesOf(const std::vector<routing::Event>& events);

struct WaitRange {
  int64_t low_s = 0;
  int64_t high_s = 0;
  bool operator==(const WaitRange&) const = default;
};

// Of a buyer with so many of the group ahead. None if nobody who serves the group is there, or
// nothing was closed lately. While somebody waits, those who serve are taken to be busy: what they
// serve now is what they can serve at a time.
//
// Whole steps (10 s, from 2 min on whole minutes, from 30 min on five minutes), so that a buyer is
// not told anew of every second.
std::optional<WaitRange> PredictRange(const routing::GroupFigures& figures,
                                      const ServiceTimes& times, uint32_t ahead, TimePoint now);

}  // namespace kefu::gateway::sessions
