// What a buyer's stream asks about the session.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <string>

#include "gateway/routing/known_agent.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"

namespace kefu::gateway::streams {

struct BuyerLook {
  v1::BuyerSessionState state;
  // Routing believes that the buyer has gone away.
  bool away = false;
};
// The state with the name of who serves, if that one is still in the directory.
Task<v1::BuyerSessionState> WithAgent(const routing::FindAgent& find_agent, ShopId shop,
                                      v1::BuyerSessionState state, std::string agent);

using LookAtSession = std::function<Task<absl::StatusOr<BuyerLook>>(ShopId, SessionId)>;

}  // namespace kefu::gateway::streams
