// A Redis server of one's own for simulations: a unix socket in a temporary folder, nothing on
// disk, routing's functions with the caller's clock; gone with the object, and with the process.
//
// Threads: one. Errors of Start: FAILED_PRECONDITION NO_REDIS_SERVER, if it cannot be run.
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <memory>
#include <string>

#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"

namespace kefu::gateway::routing::simulation {

class PrivateRedis {
 public:
  // Runs `program` (found in PATH) and waits until it answers.
  static Task<absl::StatusOr<std::unique_ptr<PrivateRedis>>> Start(std::string program);
  ~PrivateRedis();
  PrivateRedis(const PrivateRedis&) = delete;
  PrivateRedis& operator=(const PrivateRedis&) = delete;

  redis::ShardMap& shards() { return *shards_; }
  // The id of a shop that was never used here. Functions remember the plans of shops, so that none
  // must come again with another one.
  std::string NewShop() { return "shop-" + std::to_string(++shops_); }
  // Forgets everything but the functions.
  Task<absl::Status> Clear();

 private:
  PrivateRedis(std::string program, std::string folder)
      : program_(std::move(program)), folder_(std::move(folder)) {}
  absl::Status Spawn();
  Task<absl::Status> Prepare();
  bool ended();
  Task<absl::Status> Run(redis::Command command, int64_t timeout_ms);

  const std::string program_;
  const std::string folder_;
  pid_t pid_ = -1;
  int shops_ = 0;
  std::unique_ptr<redis::ShardMap> shards_;
};

}  // namespace kefu::gateway::routing::simulation
