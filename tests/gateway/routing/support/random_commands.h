// Random commands on a small world, so that they meet each other often: a few agents, a few dozen
// session ids, three classes of two weights.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gateway/routing/domain/model.h"

namespace kefu::gateway::routing::test {

struct World {
  int agents = 8;
  int sessions = 60;
  // Capacities change now and then; else all keep theirs, so that the ceiling can be checked.
  bool capacities_change = true;
  // Sessions have weights of their own (RandomCommands::WeightOf).
  bool own_weights = true;
  // Plans that come and go; none: the shop has none.
  std::vector<ClassTable> plans = {};
};

Policy RandomWorldPolicy();
// All classes weigh 20.
Policy EvenWorldPolicy();
// What plans have: steps, offers, every strategy, limits, wrap-up, last agents. `weight`: of the
// sessions whose agents take what they want.
std::vector<ClassTable> SomePlans(uint32_t weight);
// Declares every class of these plans, and the personal ones.
Policy PlannedWorldPolicy(const std::vector<ClassTable>& plans, int agents);

// What the maker of commands needs to know of the state to hit it: fences, owners, incarnations.
class RandomCommands {
 public:
  RandomCommands(uint64_t seed, World world);

  // `state` may be stale: then so are the commands.
  Command Next(const State& state);
  // Mostly small steps; now and then a jump, ahead or back.
  int64_t NextTimeStep();
  uint64_t Below(uint64_t bound) { return random_() % bound; }

  static std::string AgentId(uint64_t n) { return "a_" + Padded(n); }
  static std::string SessionId(uint64_t n) { return "s_" + Padded(n); }
  // What a session takes of an agent while it is served; 0: what its class says. Always the same.
  static int64_t WeightOf(const std::string& session);
  // What an agent always has where capacities do not change.
  static int64_t CapacityOf(const std::string& agent);

 private:
  static std::string Padded(uint64_t n);
  std::string AnyAgent() { return AgentId(Below(world_.agents)); }
  std::string AnySession() { return SessionId(Below(world_.sessions)); }
  std::vector<std::string> AnyClasses(const State& state);
  std::string AnyClassToBeginWith(const State& state);
  Command FreshInPlan(const State& state);
  template <class Profile>
  void AddPlan(const State& state, Profile& profile);
  Command Fresh(const State& state);

  const World world_;
  std::mt19937_64 random_;
  std::map<std::string, int64_t> config_versions_;
  // Earlier commands, to be repeated and to come late.
  std::deque<Command> history_;
};

// Who got a session for this reason may have more than its capacity.
bool IsByHand(const std::string& cause);
// One line, for messages of tests.
std::string Describe(const Command& command);

}  // namespace kefu::gateway::routing::test
