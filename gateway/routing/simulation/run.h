// One run: a workload and a staff under one policy, event by event, on a simulated clock. Every
// decision is made by the real Router and its Redis functions; the run supplies what the world
// does: who comes and when, how long work takes, who leaves, who goes home.
//
// Deterministic: the same workload, staff, policy and options give the same result. Of what happens
// in the same millisecond work that ends comes first, then shifts that begin, shifts that end,
// routing's timers, buyers who give up, arrivals.
//
// Threads: one executor; runs in shops of different names may go on beside each other.
#pragma once

#include <absl/status/statusor.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/routing/simulation/policy.h"
#include "gateway/routing/simulation/staff.h"
#include "gateway/routing/simulation/workload.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"

namespace kefu::gateway::routing::simulation {

struct RunOptions {
  // 0 to 1: by how much sessions at the same time slow an agent down (attention.h).
  double slowdown = 0;
  // Sessions that come earlier than that after the first one fill the shop and are not counted.
  int64_t warm_up_ms = 0;
  // Set: the run stops with CANCELLED. May be null.
  const std::atomic<bool>* stop = nullptr;
  // Counts the sessions that have come. May be null.
  std::atomic<uint64_t>* arrived = nullptr;
};

struct SessionResult {
  enum class End {
    kServed,
    // The buyer gave up.
    kAbandoned,
    // Routing did not let it in or gave up: out of hours, a full queue, the waiting limit.
    kTurnedAway,
    // Nobody who could serve it ever came.
    kLeftOver,
  };
  End end = End::kLeftOver;
  int64_t arrived_ms = 0;
  // When an agent first had it; of kServed only.
  int64_t served_ms = 0;
  int64_t ended_ms = 0;
  // How often it got an owner: 1, unless it was passed on.
  uint32_t owners = 0;
  // The step of relaxation in which it got its first one.
  int step = 0;
  bool counted = true;

  int64_t wait_ms() const { return (end == End::kServed ? served_ms : ended_ms) - arrived_ms; }
};

// Of the time that is counted: from the end of the warm-up to the last arrival.
struct AgentResult {
  // Sessions that it got.
  uint32_t sessions = 0;
  // Capacity and used capacity, in weight times milliseconds, while at work.
  double capacity_ms = 0;
  double used_ms = 0;
};

struct RunResult {
  // In the order of arrival.
  std::vector<SessionResult> sessions;
  std::vector<AgentResult> agents;
};

// All that is given must outlive the run. CANCELLED STOPPED; the Router's errors.
Task<absl::StatusOr<RunResult>> Simulate(redis::ShardMap& shards, std::string_view shop,
                                         Policy policy,
                                         const std::vector<SimulatedSession>& sessions,
                                         const std::vector<SimulatedAgent>& agents,
                                         RunOptions options);

}  // namespace kefu::gateway::routing::simulation
