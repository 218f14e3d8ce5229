// A simulated shop and its routing: the real Router and the real functions in a private Redis, on a
// clock set by hand. Sessions and agents are numbers here; the only part of the simulation that
// knows the Router.
//
// Threads: one executor. Errors: those of the Router; each of them ends the run, since nothing that
// a simulation does is refused, but for sessions that come when the shop is closed or a queue full.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/routing/domain/state.h"
#include "gateway/routing/plans.h"
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
  // Of relaxation: 0 is the first.
  int step = 0;
};

struct AgentStep {
  size_t agent = 0;
  uint32_t used = 0;
  uint32_t capacity = 0;
};

// What an operation changed, in order. What was offered is accepted already.
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

  // Brings the policy into force; first of all.
  Task<absl::Status> Open();
  // Turned away: the answer says that the session is closed.
  Task<absl::StatusOr<RoutingStep>> Arrive(size_t session, Traits traits);
  // Its work is done.
  Task<absl::StatusOr<RoutingStep>> Close(size_t session);
  // Its buyer is gone before anybody had it.
  Task<absl::StatusOr<RoutingStep>> Abandon(size_t session);
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
  // The policy's plan, for the Router.
  class Plans final : public PlanSource {
   public:
    explicit Plans(std::shared_ptr<const RoutingPlan> plan) : plan_(std::move(plan)) {}
    Task<absl::StatusOr<std::shared_ptr<const RoutingPlan>>> PlanOf(ShopId, uint64_t) override {
      co_return plan_;
    }

   private:
    const std::shared_ptr<const RoutingPlan> plan_;
  };

  SessionId IdOf(size_t session) const;
  // What the outcome changed, and what accepting its offers changes.
  Task<absl::StatusOr<RoutingStep>> Settle(absl::StatusOr<Outcome> outcome);
  void Append(const Outcome& outcome, RoutingStep* step);

  redis::ShardMap& shards_;
  const ShopId shop_;
  const std::vector<SimulatedAgent>& agents_;
  ManualClock clock_;
  const std::shared_ptr<const config::Plan> plan_;
  const bool has_timers_;
  // Of the agents, in their order, and back.
  const std::vector<AgentId> agent_ids_;
  std::map<std::string, size_t, std::less<>> agent_numbers_;
  std::vector<uint64_t> incarnations_;
  Plans plans_;
  Router router_;
  uint64_t forgotten_ = 0;
};

}  // namespace kefu::gateway::routing::simulation
