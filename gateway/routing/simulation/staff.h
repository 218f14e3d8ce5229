// Who serves in a run. Pure.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::gateway::routing::simulation {

// Gets sessions from `from_ms` on, none from `to_ms` on; what was begun by then is finished.
struct Shift {
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  bool operator==(const Shift&) const = default;
};

struct SimulatedAgent {
  // As policies name it; "a_…", as in the directory, or any name.
  std::string name;
  uint32_t capacity = 100;
  std::map<std::string, uint32_t> skills;  // skill → level, 1 to 5
  std::vector<std::string> languages;
  // In order, apart from each other; empty: always there.
  std::vector<Shift> shifts;
  bool operator==(const SimulatedAgent&) const = default;
};

// The agent, or so many of its kind: "<agent>-1", "<agent>-2", …
void AddAgents(const SimulatedAgent& agent, int64_t count, std::vector<SimulatedAgent>* agents);
// INVALID_FIELD: two of one name, or too many.
absl::Status CheckAgents(std::string_view field, const std::vector<SimulatedAgent>& agents,
                         size_t most);

}  // namespace kefu::gateway::routing::simulation
