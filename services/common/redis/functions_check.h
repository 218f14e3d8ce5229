// Watches whether the store has the function library that this process needs:
// `<service>_version_v1` of at least kFunctionsVersion. A process is not ready before.
//
// Threads: Look in one coroutine after the other; ready from any thread. `shards` outlives it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"

namespace kefu::redis {

// Of functions/outbox.lua, version.
inline constexpr int64_t kFunctionsVersion = 3;

class FunctionsCheck {
 public:
  FunctionsCheck(ShardMap& shards, std::string service, int64_t needed = kFunctionsVersion);

  // Asks once; what changed is logged.
  Task<> Look();
  bool ready() const { return ready_; }

 private:
  ShardMap& shards_;
  const std::string service_;
  const int64_t needed_;
  std::atomic<bool> ready_{false};
};

}  // namespace kefu::redis
