// By when an answer is worth something. Passed down unchanged, so that several calls in a row share
// one budget.
#pragma once

#include <algorithm>
#include <cstdint>

#include "services/common/base/clock.h"

namespace kefu::inquiries::storage {

struct Deadline {
  // On MonotonicMs().
  int64_t at_ms = 0;

  static Deadline In(int64_t ms) { return {MonotonicMs() + ms}; }
  // At least 1, with which a call fails soon.
  int64_t LeftMs() const { return std::max<int64_t>(at_ms - MonotonicMs(), 1); }
};

}  // namespace kefu::inquiries::storage
