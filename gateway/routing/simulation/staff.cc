#include "gateway/routing/simulation/staff.h"

#include <set>

#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {

void AddAgents(const SimulatedAgent& agent, int64_t count, std::vector<SimulatedAgent>* agents) {
  for (int64_t i = 1; i <= count; ++i) {
    agents->push_back(agent);
    if (count > 1) agents->back().name += "-" + std::to_string(i);
  }
}

absl::Status CheckAgents(std::string_view field, const std::vector<SimulatedAgent>& agents,
                         size_t most) {
  std::set<std::string_view> names;
  for (const SimulatedAgent& agent : agents) {
    if (!names.insert(agent.name).second)
      return InvalidField(field, "There are two agents \"" + agent.name + "\".");
  }
  if (agents.size() <= most) return absl::OkStatus();
  return InvalidField(field, "There are more than " + std::to_string(most) + " agents.");
}

}  // namespace kefu::gateway::routing::simulation
