// Protobuf's times as the domain's. Pure.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cstdint>

#include "services/common/base/clock.h"

namespace kefu {

// The years 1 and 9999, between which every Timestamp must be.
inline constexpr int64_t kFirstTimestampSecond = -62135596800;
inline constexpr int64_t kLastTimestampSecond = 253402300799;

// For what is not a caller's to say: stored records, events. A damaged one that is beyond the
// bounds is taken as the bound.
inline TimePoint ToTimePoint(const google::protobuf::Timestamp& time) {
  const int64_t seconds = std::clamp(time.seconds(), kFirstTimestampSecond, kLastTimestampSecond);
  return {seconds * 1000 + time.nanos() / 1'000'000};
}

}  // namespace kefu
