#include "gateway/sessions/plan_settler.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "services/common/base/failpoint.h"
#include "services/common/base/status.h"

namespace kefu::gateway::sessions {
namespace {

constexpr uint32_t kPage = 100;

}  // namespace

Task<absl::Status> PlanSettler::Settle(ShopId shop) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<uint64_t> owed,
                           co_await deps_.configs.Unsettled(shop));
  if (!owed) co_return absl::OkStatus();
  KEFU_FAILPOINT("gateway.routing.config_before_plan");
  // What routing asks for from here on is at least that new.
  KEFU_CO_ASSIGN_OR_RETURN(const RoutingPlans::Shared plan, co_await deps_.plans.Read(shop));
  KEFU_CO_RETURN_IF_ERROR(co_await deps_.configure(shop));
  std::string cursor;
  bool more = true;
  while (more) {
    KEFU_FAILPOINT("gateway.routing.plan_before_agents");
    KEFU_CO_ASSIGN_OR_RETURN(directory::Page<directory::AgentInfo> page,
                             co_await deps_.directory.ListAgents(shop, cursor, kPage));
    for (directory::AgentInfo& agent : page.items)
      KEFU_CO_RETURN_IF_ERROR(co_await deps_.update_agent(shop, std::move(agent)));
    cursor = std::move(page.next);
    more = !cursor.empty();
  }
  co_return co_await deps_.configs.MarkSettled(shop, plan->version());
}

}  // namespace kefu::gateway::sessions
