// Where routing gets the plans of shops from.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>

#include "gateway/routing/domain/classes.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"

namespace kefu::gateway::routing {

// Any thread.
class PlanSource {
 public:
  virtual ~PlanSource() = default;
  // Never null; version 0 for a shop without a configuration. A plan below `at_least` is no longer
  // in force: look again for a newer one; if there is none yet, the newest is well.
  virtual Task<absl::StatusOr<std::shared_ptr<const RoutingPlan>>> PlanOf(ShopId shop,
                                                                          uint64_t at_least) = 0;
};

}  // namespace kefu::gateway::routing
