// Days of a time zone as spans of time. A day there may have 23 or 25 hours. Pure, apart from
// reading the system's time zone data.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/clock.h"

namespace kefu::records::domain {

inline constexpr int kMaxDays = 92;

struct Day {
  // "2026-11-22"
  std::string name;
  TimePoint begin;
  // The next day's begin.
  TimePoint end;
};

// From `from_day` to `to_day`, both included. `time_zone` is IANA's name; empty: UTC.
// INVALID_ARGUMENT INVALID_FIELD for days that are none, a `to_day` before `from_day`, more than 92
// days, an unknown zone.
absl::StatusOr<std::vector<Day>> DaysOf(std::string_view from_day, std::string_view to_day,
                                        std::string_view time_zone);

}  // namespace kefu::records::domain
