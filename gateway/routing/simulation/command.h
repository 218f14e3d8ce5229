// What the program kefu-simulate does once its command line is read.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/base/task.h"

namespace kefu::gateway::routing::simulation {

struct Arguments {
  // One or two: "fifo" or a file.
  std::vector<std::string> policies;
  // Exactly one of three.
  std::string arrivals, chats, poisson;
  // Of recorded arrivals: as ParseTimeMs takes them; empty: no bound.
  std::string from, to;
  // When Poisson arrivals begin.
  std::string start = "2026-01-05T00:00:00Z";
  std::string service = "never", patience = "never";
  double speed = 1;
  // A file, or so many equal ones.
  std::string agents;
  int staff = 0;
  uint32_t capacity = 100;
  double threshold_s = 20, warm_up_s = 0, slowdown = 0;
  uint64_t seed = 1;
  int repetitions = 5;
  std::string redis_server = "redis-server";
  bool json = false;
};

// Prints the comparison, and how fast it went on standard error, so that the same seed prints the
// same. A signal to end stops it.
Task<absl::Status> RunCommand(Arguments arguments);

}  // namespace kefu::gateway::routing::simulation
