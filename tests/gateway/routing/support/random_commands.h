// Random commands on a small world, so that they meet each other often: a few agents, a few dozen
// session ids, three classes of two weights.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <string>

#include "gateway/routing/domain/model.h"

namespace kefu::gateway::routing::test {

struct World {
  int agents = 8;
  int sessions = 60;
  // Capacities change now and then; else all keep theirs, so that the ceiling can be checked.
  bool capacities_change = true;
};

Policy RandomWorldPolicy();
// All classes weigh 20.
Policy EvenWorldPolicy();

// What the maker of commands needs to know of the state to hit it: fences, owners, incarnations.
class RandomCommands {
 public:
  RandomCommands(uint64_t seed, World world);

  // `state` may be stale: then so are the commands.
  Command Next(const State& state);
  // Mostly small steps; now and then a jump, ahead or back.
  int64_t NextTimeStep();
  uint64_t Below(uint64_t bound) { return random_() % bound; }

  std::string AgentId(uint64_t n) const { return "a_" + Padded(n); }
  std::string SessionId(uint64_t n) const { return "s_" + Padded(n); }
  // What an agent always has where capacities do not change.
  static int64_t CapacityOf(const std::string& agent);

 private:
  static std::string Padded(uint64_t n);
  std::string AnyAgent() { return AgentId(Below(world_.agents)); }
  std::string AnySession() { return SessionId(Below(world_.sessions)); }
  std::vector<std::string> AnyClasses();
  Command Fresh(const State& state);

  const World world_;
  std::mt19937_64 random_;
  std::map<std::string, int64_t> config_versions_;
  // Earlier commands, to be repeated and to come late.
  std::deque<Command> history_;
};

// One line, for messages of tests.
std::string Describe(const Command& command);

}  // namespace kefu::gateway::routing::test
