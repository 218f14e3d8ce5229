#include "services/common/base/clock.h"

#include <chrono>

namespace kefu {

TimePoint SystemClock::Now() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
}

int64_t MonotonicUs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

int64_t MonotonicMs() { return MonotonicUs() / 1000; }

}  // namespace kefu
