#include "gateway/rpc/routing_config_service.h"

#include <algorithm>
#include <map>
#include <optional>

#include "gateway/routing/config/validate.h"
#include "gateway/rpc/identity_messages.h"
#include "gateway/rpc/methods.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway {
namespace {

namespace config = routing::config;
using Violations = std::vector<FieldViolation>;

constexpr uint32_t kAgentsPage = 500;

v1::RoutingConfig ToMessage(const directory::RoutingConfigInfo& info) {
  v1::RoutingConfig message = info.version == 0 ? config::DefaultConfig() : info.config;
  message.set_etag(std::to_string(info.version));
  return message;
}

bool NamesMembers(const v1::RoutingConfig& message) {
  return std::any_of(message.groups().begin(), message.groups().end(),
                     [](const v1::SkillGroup& group) { return !group.members().empty(); });
}

// How many of the agents serve each class of the plan.
void CountEligible(const config::Plan& plan, const std::vector<directory::AgentInfo>& agents,
                   v1::ValidateRoutingConfigResponse* response) {
  std::map<std::string, uint32_t> counts;
  for (const directory::AgentInfo& agent : agents) {
    if (!agent.in_service()) continue;
    const routing::AgentTraits traits{agent.id.str(), agent.abilities.skills,
                                      agent.abilities.languages};
    for (const routing::ServedClass& served : plan.ClassesOf(traits)) ++counts[served.name];
  }
  std::map<std::string, uint32_t> steps;
  for (const routing::ClassSpec& spec : plan.classes().all()) {
    v1::EligibleAgents* eligible = response->add_eligible();
    eligible->set_group(std::string(routing::GroupOf(spec.name)));
    eligible->set_step(steps[eligible->group()]++);
    eligible->set_agents(counts[spec.name]);
  }
}

void AddHours(const std::string& id, const config::Hours& hours, TimePoint now,
              v1::GetHoursResponse* response) {
  v1::HoursState* state = response->add_hours();
  state->set_hours(id);
  state->set_open(hours.IsOpen(now));
  if (const auto change = hours.NextChange(now))
    *state->mutable_next_change() = identity::ToTimestamp(*change);
  if (const auto opening = hours.NextOpening(now))
    *state->mutable_next_opening() = identity::ToTimestamp(*opening);
}

}  // namespace

void RoutingConfigService::Register(Registry& registry) {
  Methods<RoutingConfigService>(registry, "kefu.gateway.v1.RoutingConfigService", this)
      .Unary("GetRoutingConfig", &RoutingConfigService::GetRoutingConfig)
      .Unary("SetRoutingConfig", &RoutingConfigService::SetRoutingConfig)
      .Unary("ValidateRoutingConfig", &RoutingConfigService::ValidateRoutingConfig)
      .Unary("GetHours", &RoutingConfigService::GetHours)
      .Unary("ListGroups", &RoutingConfigService::ListGroups);
}

Task<absl::StatusOr<std::vector<directory::AgentInfo>>> RoutingConfigService::Agents(ShopId shop) {
  std::vector<directory::AgentInfo> agents;
  std::string cursor;
  bool more = true;
  while (more) {
    KEFU_CO_ASSIGN_OR_RETURN(directory::Page<directory::AgentInfo> page,
                             co_await deps_.directory.ListAgents(shop, cursor, kAgentsPage));
    for (directory::AgentInfo& agent : page.items) agents.push_back(std::move(agent));
    cursor = std::move(page.next);
    more = !cursor.empty();
  }
  co_return agents;
}

Task<absl::StatusOr<Violations>> RoutingConfigService::Check(ShopId shop,
                                                             v1::RoutingConfig message) {
  std::set<std::string> known;
  if (NamesMembers(message)) {
    KEFU_CO_ASSIGN_OR_RETURN(const std::vector<directory::AgentInfo> agents, co_await Agents(shop));
    for (const directory::AgentInfo& agent : agents) known.insert(agent.id.str());
  }
  const config::AgentExists exists = [&known](const std::string& agent) {
    return known.count(agent) > 0;
  };
  co_return config::Validate(message, exists);
}

Task<absl::StatusOr<bool>> RoutingConfigService::InForce(ShopId shop, uint64_t version) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<uint64_t> owed,
                           co_await deps_.configs.Unsettled(shop));
  co_return !owed || *owed > version;
}

Task<absl::StatusOr<v1::GetRoutingConfigResponse>> RoutingConfigService::GetRoutingConfig(
    CallContext context, v1::GetRoutingConfigRequest) {
  KEFU_CO_ASSIGN_OR_RETURN(const directory::RoutingConfigs::Shared info,
                           co_await deps_.configs.Read(context.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const bool in_force, co_await InForce(context.shop(), info->version));
  v1::GetRoutingConfigResponse response;
  *response.mutable_config() = ToMessage(*info);
  response.set_version(info->version);
  response.set_in_force(in_force);
  if (info->version == 0) co_return response;
  *response.mutable_update_time() = identity::ToTimestamp(info->update_time);
  response.set_updated_by(info->updated_by);
  co_return response;
}

Task<absl::StatusOr<v1::SetRoutingConfigResponse>> RoutingConfigService::SetRoutingConfig(
    CallContext context, v1::SetRoutingConfigRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(
      redis::Request command,
      identity::ToRequest(deps_.master_keys, context, "RoutingConfigService/SetRoutingConfig",
                          request.request_id(), request));
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<uint64_t> version,
                           identity::VersionOf("config.etag", request.config().etag()));
  KEFU_CO_ASSIGN_OR_RETURN(const Violations violations,
                           co_await Check(context.shop(), request.config()));
  KEFU_CO_RETURN_IF_ERROR(InvalidFields(violations));
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::RoutingConfigs::Shared info,
      co_await deps_.configs.Set(std::move(command), context.shop(), request.config(), version,
                                 context.caller.subject));
  const absl::Status settled = co_await deps_.settle(context.shop());
  if (!settled.ok()) {
    log::Warn("routing does not follow the new configuration yet",
              {{"shop", context.shop().str()}, {"error", settled.ToString()}},
              &context.scope.trace);
  }
  v1::SetRoutingConfigResponse response;
  *response.mutable_config() = ToMessage(*info);
  response.set_version(info->version);
  response.set_in_force(settled.ok());
  co_return response;
}

Task<absl::StatusOr<v1::ValidateRoutingConfigResponse>> RoutingConfigService::ValidateRoutingConfig(
    CallContext context, v1::ValidateRoutingConfigRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const Violations violations,
                           co_await Check(context.shop(), request.config()));
  v1::ValidateRoutingConfigResponse response;
  for (const FieldViolation& violation : violations) {
    v1::ConfigViolation* told = response.add_violations();
    told->set_field(violation.field);
    told->set_description(violation.description);
  }
  if (!violations.empty()) co_return response;
  KEFU_CO_ASSIGN_OR_RETURN(const std::vector<directory::AgentInfo> agents,
                           co_await Agents(context.shop()));
  const config::Plan plan(request.config(), 1);
  CountEligible(plan, agents, &response);
  co_return response;
}

Task<absl::StatusOr<v1::GetHoursResponse>> RoutingConfigService::GetHours(
    CallContext context, v1::GetHoursRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const sessions::RoutingPlans::Shared plan,
                           co_await deps_.plans.Of(context.shop()));
  const TimePoint now = deps_.clock.Now();
  v1::GetHoursResponse response;
  for (const v1::BusinessHours& each : plan->config().hours()) {
    if (!request.hours().empty() && request.hours() != each.hours()) continue;
    AddHours(each.hours(), *plan->FindHours(each.hours()), now, &response);
  }
  if (response.hours().empty() && !request.hours().empty()) {
    co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_HOURS",
                    "The shop has no such hours; see its routing configuration.");
  }
  co_return response;
}

Task<absl::StatusOr<v1::ListGroupsResponse>> RoutingConfigService::ListGroups(
    CallContext context, v1::ListGroupsRequest) {
  KEFU_CO_ASSIGN_OR_RETURN(const sessions::RoutingPlans::Shared plan,
                           co_await deps_.plans.Of(context.shop()));
  const TimePoint now = deps_.clock.Now();
  v1::ListGroupsResponse response;
  for (const v1::SkillGroup& group : plan->config().groups()) {
    v1::GroupState* state = response.add_groups();
    state->set_group(group.group());
    state->set_display_name(group.display_name());
    state->set_open(group.hours().empty() || plan->FindHours(group.hours())->IsOpen(now));
  }
  co_return response;
}

}  // namespace kefu::gateway
