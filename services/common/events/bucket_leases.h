// Which shops this process looks after, of all processes of its service: those in the buckets that
// it has leased. 16 buckets; a lease lasts three seconds and is renewed every second, and others
// look for those that lapsed twice a second, so that a dead process's shops are taken over within
// three seconds and a half. It only saves work: whatever two holders do at once is harmless.
//
// Threads: Holds from any thread, the rest on the executor of `tasks`, which outlives it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/base/task_group.h"
#include "services/common/redis/cursors.h"

namespace kefu::events {

class BucketLeases {
 public:
  static constexpr uint32_t kBuckets = 16;
  // The same in every process and release.
  static uint32_t BucketOf(const ShopId& shop);

  // `changed` is told of every bucket that was won or lost.
  BucketLeases(redis::CursorStore& cursors, std::function<void(uint32_t, bool held)> changed);

  // Renews until the group stops, then gives everything back.
  Task<> Run(TaskGroup& tasks);
  bool Holds(const ShopId& shop) const { return HoldsBucket(BucketOf(shop)); }
  bool HoldsBucket(uint32_t bucket) const;

 private:
  Task<> Renew(uint32_t bucket, int64_t lease_ms);

  redis::CursorStore& cursors_;
  const std::function<void(uint32_t, bool)> changed_;
  const std::string holder_;
  std::array<std::atomic<int64_t>, kBuckets> until_ms_{};
  // What `changed` was told last; a lease may have run out since.
  std::array<bool, kBuckets> held_{};
};

}  // namespace kefu::events
