// A shop with a plan, and agents that serve parts of it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/gateway/routing/support/router_fixture.h"

namespace kefu::gateway::routing::test {

inline ClassSpec Named(std::string name) {
  ClassSpec spec;
  spec.name = std::move(name);
  return spec;
}

class PlanTest : public RouterTest {
 protected:
  // An agent that serves these classes, at these levels.
  void OnlineIn(int n, const std::vector<ServedClass>& served, uint32_t capacity = 100) {
    std::vector<std::string> words = {Agent(n).str(),
                                      "1",
                                      std::to_string(capacity),
                                      "30000",
                                      std::to_string(plan_version_),
                                      std::to_string(served.size())};
    std::vector<std::string> classes;
    for (const ServedClass& one : served) {
      classes.push_back(one.name);
      words.push_back(one.name);
      words.push_back(std::to_string(one.level));
    }
    functions_->Fcall("connect_v2", classes, words, std::to_string(clock_.Now().ms),
                      std::to_string(plan_version_));
    SetPresence(n, v1::PRESENCE_ONLINE);
  }
  std::vector<std::string> Owners(int sessions) {
    std::vector<std::string> owners;
    for (int n = 1; n <= sessions; ++n) {
      Arrive(n);
      owners.push_back(OwnerOf(n));
      clock_.Advance(1);
    }
    return owners;
  }
};

}  // namespace kefu::gateway::routing::test
