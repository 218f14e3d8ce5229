// The configuration of kefu-records. Read once; unknown keys are errors (config/reader.h).
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/server/process.h"

namespace kefu::records {

struct Config {
  server::CommonConfig common;
  // gRPC; port 0 picks one; empty: in-process only.
  std::string listen = "127.0.0.1:9205";
  int64_t threads = 2;
  // The SQLite file. One process has it.
  std::string database;
  // Connections, and threads, that read it.
  int64_t readers = 2;
  // Where the sources publish (ZeroMQ).
  std::vector<std::string> events_subscribe;
  // gRPC addresses of the sources, by name.
  std::map<std::string, std::vector<std::string>> sources;
};

// INVALID_ARGUMENT names everything that is wrong.
absl::StatusOr<Config> ParseConfig(std::string_view yaml);

}  // namespace kefu::records
