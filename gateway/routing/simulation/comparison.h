// Runs policies on the same workloads and holds their figures against each other.
//
// Repetition r draws its workload from seed + r, once, for all policies: what differs between them
// is then due to the policies alone, and intervals of differences are far narrower than those of
// the figures (common random numbers). With a workload that is not random one repetition says all.
//
// Threads: one executor; policies and repetitions run beside each other in shops of their own.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/routing/simulation/figures.h"
#include "gateway/routing/simulation/policy.h"
#include "gateway/routing/simulation/private_redis.h"
#include "gateway/routing/simulation/run.h"

namespace kefu::gateway::routing::simulation {

struct Experiment {
  // One or two.
  std::vector<Policy> policies;
  ArrivalSource arrivals;
  std::vector<SimulatedAgent> agents;
  uint64_t seed = 1;
  // Of random arrivals; others need one.
  int repetitions = 5;
  int64_t threshold_ms = 20'000;
  RunOptions run;
};

struct Measured {
  std::string_view figure;
  // Per policy.
  std::vector<Estimate> values;
  // Of two policies: the second less the first.
  Estimate difference;
};

// All sessions, or those with one value of a trait.
struct Slice {
  // Both empty: all.
  std::string trait;
  std::string value;
  std::vector<Measured> measured;
};

struct Comparison {
  std::vector<std::string> policies;
  int repetitions = 0;
  uint64_t seed = 0;
  int64_t threshold_ms = 0;
  double slowdown = 0;
  // Of all repetitions and policies.
  uint64_t simulated_sessions = 0;
  // The first is of all sessions; then by each trait that has more than one value.
  std::vector<Slice> slices;
};

// INVALID_FIELD; otherwise as Simulate. `redis` is empty before and after.
Task<absl::StatusOr<Comparison>> Compare(PrivateRedis& redis, Experiment experiment);

}  // namespace kefu::gateway::routing::simulation
