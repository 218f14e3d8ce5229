// Makes routing follow a shop's configuration: the plan first, then every agent's classes.
//
// The commit of a configuration notes that this is owed; the note goes when all is done. Whoever
// carries it out may die at any point and be followed by anybody: every step may be repeated, and
// one under an older plan changes nothing. Agents that change meanwhile are told by their own hook,
// under the plan of that moment.
// Threads: thread-safe. Errors: those of the store and of what it calls.
#pragma once

#include <absl/status/status.h>

#include <functional>
#include <utility>

#include "gateway/directory/directory.h"
#include "gateway/directory/routing_configs.h"
#include "gateway/sessions/routing_plans.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"

namespace kefu::gateway::sessions {

class PlanSettler {
 public:
  struct Deps {
    directory::RoutingConfigs& configs;
    RoutingPlans& plans;
    directory::Directory& directory;
    // Makes the newest plan that of routing.
    std::function<Task<absl::Status>(ShopId)> configure;
    // Tells routing of the agent.
    std::function<Task<absl::Status>(ShopId, directory::AgentInfo)> update_agent;
  };
  explicit PlanSettler(Deps deps) : deps_(std::move(deps)) {}

  // Nothing is done if nothing is owed.
  Task<absl::Status> Settle(ShopId shop);

 private:
  const Deps deps_;
};

}  // namespace kefu::gateway::sessions
