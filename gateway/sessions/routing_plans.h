// The routing plans of shops, compiled from their configurations, for everybody in this gateway.
//
// A plan is as fresh as the configuration that it comes from (directory/routing_configs.h): a
// change elsewhere is known at once, and after 5 s if the notice was lost. Compiling costs
// milliseconds at most and is done once per version.
// Threads: thread-safe. Errors: those of RoutingConfigs.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "gateway/directory/routing_configs.h"
#include "gateway/directory/stale_cache.h"
#include "gateway/routing/config/plan.h"
#include "gateway/routing/plans.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"

namespace kefu::gateway::sessions {

class RoutingPlans final : public routing::PlanSource {
 public:
  using Shared = std::shared_ptr<const routing::config::Plan>;

  // `configs` outlives it.
  explicit RoutingPlans(directory::RoutingConfigs& configs);

  Task<absl::StatusOr<Shared>> Of(ShopId shop);
  // Asks the store.
  Task<absl::StatusOr<Shared>> Read(ShopId shop);
  Task<absl::StatusOr<std::shared_ptr<const routing::RoutingPlan>>> PlanOf(
      ShopId shop, uint64_t at_least) override;

 private:
  Shared Compiled(const ShopId& shop, const directory::RoutingConfigInfo& info);

  directory::RoutingConfigs& configs_;
  // By shop; a version is looked at before use, so age does not matter.
  directory::StaleCache<Shared> compiled_;
};

}  // namespace kefu::gateway::sessions
