// What is compared: a routing configuration under a name.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>

#include "gateway/routing/config/plan.h"

namespace kefu::gateway::routing::simulation {

struct Policy {
  std::string name;
  std::shared_ptr<const config::Plan> plan;
};

// First come, first served: one group that everybody serves, as in a shop without a configuration.
Policy FifoPolicy();

// Groups may name any agents as members. INVALID_FIELD with everything that is wrong, and for
// groups whose agents claim by hand.
absl::StatusOr<Policy> PolicyOf(std::string name, v1::RoutingConfig config);
// The same in JSON, as `kefuctl routing get` prints it.
absl::StatusOr<Policy> ParsePolicy(std::string name, std::string_view json);

}  // namespace kefu::gateway::routing::simulation
