// What the directory's pure functions decide: the next state and what others need to hear of it.
#pragma once

#include <string>
#include <vector>

namespace kefu::gateway::directory {

// "agent", "key", "shop" or "person", and its id. Caches drop what they hold of it.
struct DirectoryEvent {
  std::string kind;
  std::string subject;
  bool operator==(const DirectoryEvent&) const = default;
};

template <class State>
struct Decision {
  State next;
  std::vector<DirectoryEvent> events;
};

}  // namespace kefu::gateway::directory
