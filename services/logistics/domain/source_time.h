// Times as sources write them. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "services/common/base/clock.h"

namespace kefu::logistics {

inline constexpr int64_t kShanghaiOffsetMs = int64_t{8} * 3600 * 1000;

// "2025-03-04 08:12:33", "2025-03-04T08:12:33.250Z", "2025-03-04T08:12:33+08:00", "2025-03-04
// 08:12", also with '/' between the parts of the date. Without a zone of its own it is local to
// `offset_ms` east of UTC. None if it is not a time between 1970 and 9998, so that what is added to
// it stays within the year 9999, the last that a Timestamp can tell.
std::optional<TimePoint> ParseSourceTime(std::string_view text, int64_t offset_ms);

}  // namespace kefu::logistics
