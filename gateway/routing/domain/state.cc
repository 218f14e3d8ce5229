#include "gateway/routing/domain/state.h"

#include <algorithm>

namespace kefu::gateway::routing {

bool AgentRecord::Serves(const std::string& class_name) const {
  return std::find(classes.begin(), classes.end(), class_name) != classes.end();
}

int64_t WaitScore(int64_t enqueue_ms, int64_t origin_ms, int64_t boost_ms, int64_t arrival) {
  return (enqueue_ms - origin_ms - boost_ms) * 1024 + arrival % 1024;
}

int64_t LoadScore(const AgentRecord& agent, int64_t origin_ms) {
  const int64_t idle_since = std::max<int64_t>(0, agent.last_assigned_ms - origin_ms);
  return 1000 * agent.used / agent.capacity * (int64_t{1} << 41) + idle_since;
}

}  // namespace kefu::gateway::routing
