// Durable timers: something to be done at a time, that survives every crash. Kept in a Redis sorted set per shop by
// due time; whoever sweeps claims a batch for a while, does the work (which must be idempotent), then removes it. A
// claim that was not completed becomes due again.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
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

// Thread-safe. Functions `<service>_timer_*_v1` of the service's own library.
class DueQueue {
 public:
  DueQueue(redis::ShardMap& shards, std::string service);

  Task<absl::Status> Set(ShopId shop, std::string key, TimePoint due);
  Task<absl::Status> Cancel(ShopId shop, std::string key);
  // Up to `limit` items that are due; they stay with the caller for `claim_ms`.
  Task<absl::StatusOr<std::vector<DueItem>>> Claim(ShopId shop, size_t limit, int64_t claim_ms);
  // Removes it, unless it was set to another time meanwhile.
  Task<absl::Status> Complete(ShopId shop, DueItem item);

 private:
  redis::ShardMap& shards_;
  const std::string service_;
};

}  // namespace kefu::timers
