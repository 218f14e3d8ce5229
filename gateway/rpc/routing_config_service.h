// kefu.gateway.v1.RoutingConfigService: the administrator's side of routing. Threads: thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/directory/directory.h"
#include "gateway/directory/key_ring.h"
#include "gateway/directory/routing_configs.h"
#include "gateway/edge/registry.h"
#include "gateway/sessions/routing_plans.h"
#include "proto/kefu/gateway/v1/routing_config.pb.h"
#include "services/common/base/clock.h"
#include "services/common/server/unary.h"

namespace kefu::gateway {

class RoutingConfigService {
 public:
  // Makes routing follow the shop's configuration; what is left undone is done by a sweep later.
  using Settle = std::function<Task<absl::Status>(ShopId)>;
  struct Deps {
    directory::RoutingConfigs& configs;
    sessions::RoutingPlans& plans;
    directory::Directory& directory;
    const directory::KeyRing& master_keys;
    const Clock& clock;
    Settle settle;
  };
  explicit RoutingConfigService(Deps deps) : deps_(std::move(deps)) {}
  void Register(Registry& registry);

  Task<absl::StatusOr<v1::GetRoutingConfigResponse>> GetRoutingConfig(
      CallContext context, v1::GetRoutingConfigRequest request);
  Task<absl::StatusOr<v1::SetRoutingConfigResponse>> SetRoutingConfig(
      CallContext context, v1::SetRoutingConfigRequest request);
  Task<absl::StatusOr<v1::ValidateRoutingConfigResponse>> ValidateRoutingConfig(
      CallContext context, v1::ValidateRoutingConfigRequest request);
  Task<absl::StatusOr<v1::GetHoursResponse>> GetHours(CallContext context,
                                                      v1::GetHoursRequest request);
  Task<absl::StatusOr<v1::ListGroupsResponse>> ListGroups(CallContext context,
                                                          v1::ListGroupsRequest request);

 private:
  Task<absl::StatusOr<std::vector<directory::AgentInfo>>> Agents(ShopId shop);
  // What is wrong with it; whether its members exist is asked of the shop.
  Task<absl::StatusOr<std::vector<FieldViolation>>> Check(ShopId shop, v1::RoutingConfig config);
  Task<absl::StatusOr<bool>> InForce(ShopId shop, uint64_t version);

  const Deps deps_;
};

}  // namespace kefu::gateway
