// How often one caller may do a thing: an exact sliding window per key, in memory that is bounded
// whatever callers do. Each gateway counts for itself.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>

#include <array>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/auth/caller.h"
#include "proto/kefu/options.pb.h"

namespace kefu::gateway {

struct RateRule {
  // At most `count` in any `window_ms`.
  size_t count = 0;
  int64_t window_ms = 0;
};

// Thread-safe. Refused attempts are not counted, so that the delay told to the caller is true.
class SlidingWindow {
 public:
  // Beyond `max_keys`, the key that was used least recently is forgotten.
  SlidingWindow(RateRule rule, size_t max_keys);

  // 0 if the attempt is admitted and counted, else after how many milliseconds it would be.
  int64_t Admit(std::string_view key, int64_t now_ms);
  size_t keys() const;

 private:
  static constexpr size_t kShards = 16;
  struct Entry {
    std::string key;
    // The last admitted attempts, a ring of at most `count`.
    std::vector<int64_t> admitted_ms;
    size_t oldest = 0;
  };
  struct Shard {
    mutable absl::Mutex mutex;
    std::list<Entry> by_use ABSL_GUARDED_BY(mutex);  // most recent first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> entries ABSL_GUARDED_BY(mutex);
  };
  Entry& Touch(Shard& shard, std::string_view key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  const RateRule rule_;
  const size_t max_keys_per_shard_;
  std::array<Shard, kShards> shards_;
};

struct RateLimits {
  // Buyers' messages, and sessions they open.
  RateRule buyer_messages{20, 10'000};
  RateRule buyer_sessions{5, 60'000};
  // What else they do, in all services: cases, what they send back.
  RateRule buyer_writes{20, 10'000};
  // What they read, and what leaves no trace: lists, marks, streams they begin.
  RateRule buyer_reads{100, 10'000};
  // Of one address, whatever they are worth.
  RateRule pushes{1000, 10'000};
  size_t max_keys = 100'000;
};

// The rules that apply to a method follow from its policy. Thread-safe.
class RateLimiter {
 public:
  explicit RateLimiter(const RateLimits& limits);

  // RESOURCE_EXHAUSTED, reason RATE_LIMITED, with a retry delay.
  absl::Status Check(const MethodPolicy& policy, const Caller& caller, int64_t now_ms);

 private:
  SlidingWindow& WindowOf(const MethodPolicy& policy);

  SlidingWindow buyer_messages_;
  SlidingWindow buyer_sessions_;
  SlidingWindow buyer_writes_;
  SlidingWindow buyer_reads_;
};

}  // namespace kefu::gateway
