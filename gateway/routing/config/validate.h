// Whether a routing configuration can be followed. Pure. Threads: any.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proto/kefu/gateway/v1/admin.pb.h"
#include "proto/kefu/gateway/v1/routing_config.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing::config {

// Whether the shop has such an agent.
using AgentExists = std::function<bool(const std::string& agent)>;

// Everything that is wrong (the first 40), in the order of the document.
std::vector<FieldViolation> Validate(const v1::RoutingConfig& config,
                                     const AgentExists& agent_exists);

// What an agent is said to be able to do, against what the configuration knows.
std::vector<FieldViolation> ValidateSkills(const v1::RoutingConfig& config,
                                           const v1::SetAgentSkillsRequest& request);

}  // namespace kefu::gateway::routing::config
