#include "gateway/edge/shedder.h"

#include <sodium.h>

#include <algorithm>

#include "services/common/base/status.h"

namespace kefu::gateway {

absl::StatusOr<Shedder::Ticket> Shedder::Admit(ShedLevel level) {
  if (Begin(level)) return Ticket(this, level);
  // Spread, or all who were refused together come back together.
  const int64_t delay_ms = 500 + randombytes_uniform(1000);
  return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, "OVERLOADED",
                              "The gateway has too much to do; try again after the delay."),
                        delay_ms);
}

bool ConcurrencyShedder::Begin(ShedLevel level) {
  const size_t index = std::min(static_cast<size_t>(level), kLevels - 1);
  if (in_progress_.fetch_add(1, std::memory_order_relaxed) < bounds_[index]) return true;
  in_progress_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void ConcurrencyShedder::Done(ShedLevel) { in_progress_.fetch_sub(1, std::memory_order_relaxed); }

}  // namespace kefu::gateway
