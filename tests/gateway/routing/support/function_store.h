// Routing's Redis functions behind the model's commands, and a dump of all they store: read key by
// key, with no code of routing in between, so that a fault there cannot hide itself.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "gateway/routing/domain/invariants.h"
#include "gateway/routing/domain/model.h"
#include "tests/gateway/routing/support/direct_redis.h"

namespace kefu::gateway::routing::test {

// Not thread-safe.
class FunctionStore {
 public:
  FunctionStore(const std::string& socket, std::string shop, Policy policy);

  // One function call, with all of the policy's classes declared. The agents' rows of the answer
  // are reduced to ids.
  absl::StatusOr<Reply> Apply(const Command& command, TimePoint now);
  // FCALL with the fixed keys and these classes. `verb` without "gateway_", and without "_v1".
  redis::Value Fcall(const std::string& verb, const std::vector<std::string>& classes,
                     const std::vector<std::string>& arguments, const std::string& now_ms,
                     const std::string& config_version = "0");

  Dump ReadDump();
  std::vector<LogEntry> ReadLog();
  kefu::test::DirectRedis& redis() { return redis_; }
  std::string Key(const std::string& type) const;

 private:
  kefu::test::DirectRedis redis_;
  const std::string shop_;
  const Policy policy_;
  std::string config_version_ = "0";
};

}  // namespace kefu::gateway::routing::test
