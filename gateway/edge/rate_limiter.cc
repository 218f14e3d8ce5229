#include "gateway/edge/rate_limiter.h"

#include <algorithm>
#include <functional>

#include "services/common/base/status.h"

namespace kefu::gateway {

SlidingWindow::SlidingWindow(RateRule rule, size_t max_keys)
    : rule_(rule), max_keys_per_shard_(std::max<size_t>(1, max_keys / kShards)) {}

int64_t SlidingWindow::Admit(std::string_view key, int64_t now_ms) {
  Shard& shard = shards_[std::hash<std::string_view>()(key) % kShards];
  absl::MutexLock lock(&shard.mutex);
  Entry& entry = Touch(shard, key);
  if (entry.admitted_ms.size() < rule_.count) {
    entry.admitted_ms.push_back(now_ms);
    return 0;
  }
  if (rule_.count == 0) return rule_.window_ms;
  int64_t& oldest = entry.admitted_ms[entry.oldest];
  const int64_t wait_ms = oldest + rule_.window_ms - now_ms;
  if (wait_ms > 0) return wait_ms;
  oldest = now_ms;
  entry.oldest = (entry.oldest + 1) % rule_.count;
  return 0;
}

SlidingWindow::Entry& SlidingWindow::Touch(Shard& shard, std::string_view key) {
  const auto found = shard.entries.find(key);
  if (found != shard.entries.end()) {
    shard.by_use.splice(shard.by_use.begin(), shard.by_use, found->second);
    return shard.by_use.front();
  }
  if (shard.by_use.size() >= max_keys_per_shard_) {
    shard.entries.erase(shard.by_use.back().key);
    shard.by_use.pop_back();
  }
  Entry& entry = shard.by_use.emplace_front();
  entry.key = std::string(key);
  shard.entries.emplace(entry.key, shard.by_use.begin());
  return entry;
}

size_t SlidingWindow::keys() const {
  size_t sum = 0;
  for (const Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    sum += shard.by_use.size();
  }
  return sum;
}

RateLimiter::RateLimiter(const RateLimits& limits)
    : buyer_messages_(limits.buyer_messages, limits.max_keys),
      buyer_sessions_(limits.buyer_sessions, limits.max_keys),
      buyer_writes_(limits.buyer_writes, limits.max_keys),
      buyer_reads_(limits.buyer_reads, limits.max_keys) {}

SlidingWindow& RateLimiter::WindowOf(const MethodPolicy& policy) {
  if (!policy.write()) return buyer_reads_;
  if (policy.level() == SHED_LEVEL_BUYER_MESSAGE) return buyer_messages_;
  if (policy.level() == SHED_LEVEL_NEW_SESSION) return buyer_sessions_;
  return buyer_writes_;
}

absl::Status RateLimiter::Check(const MethodPolicy& policy, const Caller& caller, int64_t now_ms) {
  if (caller.role != ROLE_BUYER) return absl::OkStatus();
  std::string key = caller.shop ? caller.shop->str() : std::string();
  key.append("/").append(caller.subject);
  const int64_t wait_ms = WindowOf(policy).Admit(key, now_ms);
  if (wait_ms == 0) return absl::OkStatus();
  return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, "RATE_LIMITED",
                              "You did this too often; try again after the delay."),
                        wait_ms);
}

}  // namespace kefu::gateway
