#include "gateway/sessions/shift_parts.h"

#include <string>
#include <utility>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"

namespace kefu::gateway::sessions {
namespace {

constexpr uint32_t kPage = 100;
constexpr int64_t kCallMs = 1000;

Task<absl::StatusOr<std::shared_ptr<const routing::config::Plan>>> PlanOf(RoutingPlans& plans,
                                                                          ShopId shop) {
  co_return co_await plans.Of(std::move(shop));
}

Task<absl::StatusOr<std::vector<ShiftKeeper::Worker>>> ListWorkers(directory::Directory& directory,
                                                                   ShopId shop) {
  std::vector<ShiftKeeper::Worker> workers;
  std::string cursor;
  bool more = true;
  while (more) {
    KEFU_CO_ASSIGN_OR_RETURN(directory::Page<directory::AgentInfo> page,
                             co_await directory.ListAgents(shop, cursor, kPage));
    for (const directory::AgentInfo& agent : page.items) {
      if (agent.in_service()) workers.push_back({agent.id, agent.abilities.hours});
    }
    cursor = std::move(page.next);
    more = !cursor.empty();
  }
  co_return workers;
}

bool Works(const v1::AgentState& agent) {
  const bool at_work =
      agent.presence() == v1::PRESENCE_ONLINE || agent.presence() == v1::PRESENCE_BUSY;
  // Lost: it comes back with a presence of its own.
  return at_work && agent.readiness() != v1::READINESS_UNSPECIFIED;
}

Task<absl::Status> HangUp(routing::Router& router, Announcer& announcer, ShopId shop,
                          AgentId agent) {
  absl::StatusOr<routing::AgentSnapshot> snapshot = co_await router.GetAgent(shop, agent);
  // Never connected.
  if (absl::IsNotFound(snapshot.status())) co_return absl::OkStatus();
  if (!snapshot.ok()) co_return snapshot.status();
  if (!Works(snapshot->agent)) co_return absl::OkStatus();
  absl::StatusOr<routing::Outcome> hung_up =
      co_await router.SetPresence(shop, std::move(agent), v1::PRESENCE_HUNG_UP);
  if (!hung_up.ok()) co_return hung_up.status();
  server::CallScope scope;
  scope.trace.traceparent = TraceparentOrNew("");
  scope.deadline_ms = MonotonicMs() + kCallMs;
  co_return co_await announcer.Announce(std::move(scope), std::move(shop), *std::move(hung_up));
}

}  // namespace

ShiftKeeper::Deps DepsOf(ShiftParts parts) {
  return {[&plans = parts.plans](ShopId shop) { return PlanOf(plans, std::move(shop)); },
          [&directory = parts.directory](ShopId shop) {
            return ListWorkers(directory, std::move(shop));
          },
          [&router = parts.router, &announcer = parts.announcer](ShopId shop, AgentId agent) {
            return HangUp(router, announcer, std::move(shop), std::move(agent));
          },
          parts.store, parts.clock};
}

}  // namespace kefu::gateway::sessions
