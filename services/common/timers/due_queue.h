// Durable timers: something to be done at a time, that survives every crash. Kept in a Redis sorted
// set per shop by due time; whoever sweeps claims a batch for a while, does the work (which must be
// idempotent), then removes it. A claim that was not completed becomes due again.
//
// A service whose own function must set a timer in the same step as its state declares both keys
// (DueKeysOf) and calls timer_put (redis/functions/timers.lua) in it.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"

namespace kefu::timers {

struct DueItem {
  // Names what to do and on what, e.g. "archive:c_…"; setting it again moves its time.
  std::string key;
  TimePoint due;
};

struct DueKeys {
  std::string due;
  std::string set;
};
DueKeys DueKeysOf(const std::string& service, const ShopId& shop);

// Thread-safe. Functions `<service>_timer_*_v1` of the service's own library. `shards` outlives it.
// Errors are those of the Redis client; all operations may be repeated.
class DueQueue {
 public:
  // `test_clock` is heeded only by the library that tests load; production keeps Redis's time.
  DueQueue(redis::ShardMap& shards, std::string service, const Clock* test_clock = nullptr);

  Task<absl::Status> Set(ShopId shop, std::string key, TimePoint due);
  Task<absl::Status> Cancel(ShopId shop, std::string key);
  // Up to `limit` items that are due; they stay with the caller for `claim_ms`.
  Task<absl::StatusOr<std::vector<DueItem>>> Claim(ShopId shop, size_t limit, int64_t claim_ms);
  // When the next one is due, or its claim ends; absent: there is none.
  Task<absl::StatusOr<std::optional<TimePoint>>> NextDue(ShopId shop);
  // Removes it, unless it was set to another time meanwhile.
  Task<absl::Status> Complete(ShopId shop, DueItem item);

 private:
  Task<absl::StatusOr<redis::Value::Array>> Call(ShopId shop, std::string verb,
                                                 std::vector<std::string> keys,
                                                 std::vector<std::string> arguments);

  redis::ShardMap& shards_;
  const std::string service_;
  const Clock* const test_clock_;
};

}  // namespace kefu::timers
