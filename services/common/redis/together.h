// Several independent commands in one go, which share a round trip and an fsync.
#pragma once

#include <absl/status/statusor.h>

#include <vector>

#include "services/common/base/task.h"
#include "services/common/redis/client.h"

namespace kefu::redis {

struct Addressed {
  Client* client = nullptr;
  Command command;
};

// Answers in the order of the commands; if one fails, the first error, once all have been answered.
// Thread-safe. `timeout_ms` counts from now.
Task<absl::StatusOr<std::vector<Value>>> SendTogether(
    std::vector<Addressed> commands, int64_t timeout_ms = Client::kDefaultTimeoutMs);

}  // namespace kefu::redis
