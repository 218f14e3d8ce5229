#include "gateway/sessions/routing_plans.h"

#include <limits>
#include <optional>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::sessions {
namespace {

constexpr size_t kKept = 2000;

}  // namespace

RoutingPlans::RoutingPlans(directory::RoutingConfigs& configs)
    : configs_(configs), compiled_(kKept, std::numeric_limits<int64_t>::max()) {}

Task<absl::StatusOr<RoutingPlans::Shared>> RoutingPlans::Of(ShopId shop) {
  KEFU_CO_ASSIGN_OR_RETURN(const directory::RoutingConfigs::Shared info,
                           co_await configs_.Get(shop));
  co_return Compiled(shop, *info);
}

Task<absl::StatusOr<RoutingPlans::Shared>> RoutingPlans::Read(ShopId shop) {
  KEFU_CO_ASSIGN_OR_RETURN(const directory::RoutingConfigs::Shared info,
                           co_await configs_.Read(shop));
  co_return Compiled(shop, *info);
}

Task<absl::StatusOr<std::shared_ptr<const routing::RoutingPlan>>> RoutingPlans::PlanOf(
    ShopId shop, uint64_t at_least) {
  KEFU_CO_ASSIGN_OR_RETURN(Shared plan, co_await Of(shop));
  if (plan->version() < at_least) {
    KEFU_CO_ASSIGN_OR_RETURN(plan, co_await Read(shop));
  }
  co_return plan;
}

RoutingPlans::Shared RoutingPlans::Compiled(const ShopId& shop,
                                            const directory::RoutingConfigInfo& info) {
  const std::optional<Shared> known = compiled_.Get(shop.str());
  if (known && (*known)->version() == info.version) return *known;
  const auto ticket = compiled_.Begin();
  const v1::RoutingConfig config =
      info.version == 0 ? routing::config::DefaultConfig() : info.config;
  auto plan = std::make_shared<const routing::config::Plan>(config, info.version);
  compiled_.Put(shop.str(), plan, ticket);
  return plan;
}

}  // namespace kefu::gateway::sessions
