// Time as the domain sees it: an argument. Only processes and tests own a Clock.
#pragma once

#include <compare>
#include <cstdint>

namespace kefu {

// Milliseconds since 1970-01-01 UTC.
struct TimePoint {
  int64_t ms = 0;
  auto operator<=>(const TimePoint&) const = default;
  TimePoint operator+(int64_t delta_ms) const { return {ms + delta_ms}; }
  int64_t operator-(TimePoint earlier) const { return ms - earlier.ms; }
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
};

// The machine's clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  TimePoint Now() const override;
};

// Set by hand, for tests and simulations. Not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint now = {}) : now_(now) {}
  TimePoint Now() const override { return now_; }
  void Set(TimePoint now) { now_ = now; }
  void Advance(int64_t ms) { now_ = now_ + ms; }

 private:
  TimePoint now_;
};

// For deadlines and measuring; never goes back. Milliseconds and microseconds since an arbitrary
// point.
int64_t MonotonicMs();
int64_t MonotonicUs();

}  // namespace kefu
