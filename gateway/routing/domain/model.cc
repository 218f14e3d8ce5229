#include "gateway/routing/domain/model.h"

#include <utility>

#include "gateway/routing/domain/step.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing {

absl::StatusOr<Decision> Apply(const State& state, const Command& command, TimePoint now,
                               const Policy& policy) {
  Step step(state, now, policy);
  KEFU_ASSIGN_OR_RETURN(Reply reply, std::visit(step, command));
  return Decision{.next = step.TakeNext(), .reply = std::move(reply)};
}

}  // namespace kefu::gateway::routing
