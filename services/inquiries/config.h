// The configuration of kefu-inquiries. Read once; unknown keys are errors (config/reader.h).
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/redis/client.h"
#include "services/common/seal/sealing.h"
#include "services/common/server/process.h"

namespace kefu::inquiries {

struct Config {
  server::CommonConfig common;
  // gRPC; port 0 picks one.
  std::string listen = "127.0.0.1:9201";
  int64_t threads = 2;
  // One primary for all shops, or …
  redis::Endpoint redis{.address = "127.0.0.1:6379"};
  // … the file that says which primary holds which shop (redis/shard_map.h). Empty: none.
  std::string shards;
  std::string events_bind = "tcp://127.0.0.1:9202";
  // Where the other services publish (ZeroMQ), and their gRPC addresses: "logistics" and
  // "after_sales", whose events say something in conversations.
  std::vector<std::string> events_subscribe;
  std::map<std::string, std::vector<std::string>> sources;
  std::string blobs_folder;
  // Always there after ParseConfig.
  std::optional<seal::MasterKeys> master_keys;
  int64_t reopen_window_ms = int64_t{24} * 3600 * 1000;
  int64_t archive_after_ms = int64_t{24} * 3600 * 1000;
  int64_t sweep_interval_ms = 10'000;
};

// INVALID_ARGUMENT names everything that is wrong.
absl::StatusOr<Config> ParseConfig(std::string_view yaml);

}  // namespace kefu::inquiries
