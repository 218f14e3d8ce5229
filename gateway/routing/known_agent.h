// What routing and streams need to know of an agent, whoever keeps it.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <string>

#include "gateway/routing/router.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"

namespace kefu::gateway::routing {

struct KnownAgent {
  AgentProfile profile;
  // What buyers see.
  std::string display_name;
  // Programs only: a buyer waits so long for an answer and no longer; 0: for ever.
  int64_t answer_limit_ms = 0;
};

// NOT_FOUND for an agent that does not exist or is disabled.
using FindAgent = std::function<Task<absl::StatusOr<KnownAgent>>(ShopId, AgentId)>;

}  // namespace kefu::gateway::routing
