// A simulated shop and its routing: the real Router and the real functions in a private Redis, on a
// clock set by hand. Sessions and agents are numbers here; the only part of the simulation that
// knows the Router.
//
// Threads: one executor. Errors: those of the Router; each of them ends the run, since nothing that
// a simulation does is refused.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/routing/domain/state.h"
#include "gateway/routing/router.h"
#include "gateway/routing/simulation/policy.h"
#include "gateway/routing/simulation/staff.h"
#include "gateway/routing/simulation/workload.h"
#include "services/common/base/clock.h"

namespace kefu::gateway::routing::simulation {

struct SessionStep {
  size_t session = 0;
  SessionState state = SessionState::kClosed;
  // Absent while nobody has it.
  std::optional<size_t> agent;
};

struct AgentStep {
  size_t agent = 0;
  uint32_t used = 0;
  uint32_t capacity = 0;
};

// What an operation changed, in order.
struct RoutingStep {
  std::vector<SessionStep> sessions;
  std::vector<AgentStep> agents;
};

class RoutedShop {
 public:
  // All must outlive it. `shop` is the shop's id there: runs beside each other differ in it.
  RoutedShop(redis::ShardMap& shards, std::string_view shop, Policy policy,
             const std::vector<SimulatedAgent>& agents);

  void SetTime(int64_t now_ms) { clock_.Set({now_ms}); }

  Task<absl::StatusOr<RoutingStep>> Arrive(size_t session, Traits traits);
  // Its work is done, or its buyer is gone.
  Task<absl::StatusOr<RoutingStep>> Close(size_t session);
  Task<absl::StatusOr<RoutingStep>> Connect(size_t agent);
  Task<absl::StatusOr<RoutingStep>> SetPresence(size_t agent, AgentPresence presence);

  // Runs the timers that are due. `next_due_ms`: when the next one is; absent: never.
  struct Timers {
    RoutingStep step;
    std::optional<int64_t> next_due_ms;
  };
  Task<absl::StatusOr<Timers>> RunTimers();
  // Whether the policy has any.
  bool has_timers() const { return has_timers_; }

  // Drops what only the past needed: the log, and the memory of closed sessions.
  Task<absl::Status> Forget();

 private:
  SessionId IdOf(size_t session) const;
  AgentId AgentIdOf(size_t agent) const;
  absl::StatusOr<RoutingStep> ToStep(absl::StatusOr<Outcome> outcome) const;

  redis::ShardMap& shards_;
  const ShopId shop_;
  const std::vector<SimulatedAgent>& agents_;
  ManualClock clock_;
  const std::shared_ptr<const config::Plan> plan_;
  const bool has_timers_;
  Router router_;
  uint64_t forgotten_ = 0;
};

}  // namespace kefu::gateway::routing::simulation
