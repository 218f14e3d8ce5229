// What must hold of routing at any moment, checked on a dump of everything the store keeps; and
// what must hold of its log. The numbers are those of the list of invariants in docs and README.
// Each check answers sentences, none if all is well.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gateway/routing/domain/classes.h"
#include "gateway/routing/domain/model.h"
#include "gateway/routing/domain/state.h"

namespace kefu::gateway::routing {

using ScoredSet = std::map<std::string, int64_t>;

// Records, sets and counters of one shop, as the store holds them.
struct Dump {
  State state;                                 // records, leases, timers, tombstones, counters
  std::map<std::string, ScoredSet> waiting;    // class → session → score
  std::map<std::string, ScoredSet> available;  // class → agent → lower bound of its load score
  std::map<std::string, int64_t> online;       // class → eligible agents
  // "w:<class>" → who waits there; "waiting:<group>", "offered:", "active:", "wrap:" → sessions.
  std::map<std::string, int64_t> counts;
  int64_t waiting_count = 0;
};

// The dump of a store that holds the state and whose availability scores are all exact.
Dump DumpOf(const State& state, const ClassTable& classes);

// 1, 2, 3, 5, 6, 9, the timers and the counts. `classes` are those of a shop without a plan.
// `ceiling`: whether nobody's capacity was lowered, so that 2 can bound it.
std::vector<std::string> Violations(const Dump& dump, const ClassTable& classes, bool ceiling);

// 4, after all that operations left over has been done: no session waits for which an eligible
// agent has room. Sessions that exclude an agent are put aside.
std::vector<std::string> IdleWork(const Dump& dump, const Policy& policy);

// 5 and the counters that only rise, between a state and a later one.
std::vector<std::string> Regressions(const State& before, const State& after);

// 1, 5 and 10 over the whole log: positions and versions without gaps, each owner the one that the
// next entry names as previous, a fence that rises with every change of owner, nothing accepted but
// the pending offer, an age that lasts as long as the life.
std::vector<std::string> LogViolations(const std::vector<LogEntry>& log);

}  // namespace kefu::gateway::routing
