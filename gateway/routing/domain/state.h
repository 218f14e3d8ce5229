// What routing knows of one shop: the state that the pure model (model.h) steps through, and that
// the Redis functions keep in their hashes and sets.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/routing/domain/classes.h"

namespace kefu::gateway::routing {

// Values as in kefu.gateway.v1.
enum class SessionState { kWaiting = 1, kOffered = 2, kActive = 3, kWrap = 4, kClosed = 5 };
// What an agent chose.
enum class AgentPresence { kOnline = 1, kBusy = 2, kBreak = 3, kHungUp = 4, kOffline = 5 };
// What was observed of it; kAbsent: not connected.
enum class AgentReadiness { kAbsent = 0, kReady = 1, kMissed = 2, kSuspect = 3 };

// This agent does not get the session before then.
struct Exclusion {
  std::string agent;
  int64_t until_ms = 0;
  bool operator==(const Exclusion&) const = default;
};

struct SessionRecord {
  SessionState state = SessionState::kClosed;
  // Where it waits, or waited.
  std::string class_name;
  // Smaller is served first; fixed while it lives, but for the boost of an orphan.
  int64_t score = 0;
  int64_t boost_ms = 0;
  // What it takes of its owner's capacity.
  int64_t weight = 0;
  // What it takes while it is served; 0: what its class says.
  int64_t full_weight = 0;
  // The owner; empty without one.
  std::string agent;
  // The owner before.
  std::string last_agent;
  // Rises with every change of owner.
  int64_t fence = 0;
  // Rises with every change, without gaps.
  int64_t version = 0;
  // How often it was reopened.
  int64_t life = 0;
  // When this life began.
  int64_t enqueue_ms = 0;
  int64_t assign_ms = 0;
  // Why it changed last.
  std::string cause;
  int64_t category = 0;
  std::string language;
  std::vector<Exclusion> excluded;
  // Gave it away, and does not get it back by then even if nobody else is there.
  std::vector<Exclusion> given;
  // The first class of its group.
  std::string home;
  // In that group since; relaxation counts from here.
  int64_t group_ms = 0;
  // Waits at a stretch since; 0: does not.
  int64_t since_ms = 0;
  // Of the pending offer, or of the one that was accepted last.
  int64_t offer = 0;
  // End of the offer or of the wrap-up.
  int64_t until_ms = 0;
  // When it is looked at next; 0: when something happens to it.
  int64_t due_ms = 0;
  // Until then exclusions hold even if nobody else is there.
  int64_t firm_ms = 0;
  // The buyer is away: until when it is waited for; 0: the buyer is there.
  int64_t gone_ms = 0;
  // Until when it waits for its last agent.
  int64_t sticky_ms = 0;
  bool held = false;
  // Why it was assigned last, as storage/functions/35_matching.lua puts it, without the runner-up.
  std::string why;

  bool live() const { return state != SessionState::kClosed; }
  bool waiting() const { return state == SessionState::kWaiting; }
  // Stands in a waiting set.
  bool queued() const { return waiting() && gone_ms == 0; }
  bool offered() const { return state == SessionState::kOffered; }
  bool operator==(const SessionRecord&) const = default;
};

struct AgentRecord {
  // Rises with every connection.
  int64_t incarnation = 0;
  // The directory's version of what follows.
  int64_t config_version = 0;
  bool disabled = false;
  int64_t capacity = 0;
  std::vector<std::string> classes;

  AgentPresence presence = AgentPresence::kOffline;
  AgentReadiness readiness = AgentReadiness::kAbsent;
  // The weights of the held sessions together.
  int64_t used = 0;
  int64_t last_assigned_ms = 0;
  int64_t version = 0;
  // What it owns or is offered, in the order in which they came.
  std::vector<std::string> held;
  // Of the plan that its classes come from.
  int64_t plan_version = 0;
  // How well it serves each of its classes; empty if all the same.
  std::vector<int64_t> levels;
  // Number of its last assignment, over the whole shop.
  int64_t turn = 0;
  // Of its last assignment, and how many on that day.
  int64_t day = 0;
  int64_t today = 0;
  // Offers missed in a row.
  int64_t missed = 0;

  bool connected() const { return readiness != AgentReadiness::kAbsent; }
  // Gets sessions by itself.
  bool eligible() const {
    return presence == AgentPresence::kOnline && readiness == AgentReadiness::kReady && !disabled;
  }
  bool HasRoom(int64_t weight) const { return used + weight <= capacity; }
  bool Serves(const std::string& class_name) const;
  int64_t LevelIn(const std::string& class_name) const;
  // What may be given to it by hand stays below this.
  bool BelowCeiling(int64_t weight) const { return used + weight <= 2 * capacity; }
  // Is at its desk, so that somebody may give it a session by hand.
  bool TakesByHand() const {
    return !disabled && readiness == AgentReadiness::kReady &&
           (presence == AgentPresence::kOnline || presence == AgentPresence::kBusy);
  }
  bool operator==(const AgentRecord&) const = default;
};

// A lease belongs to one connection of an agent.
struct Lease {
  std::string agent;
  int64_t incarnation = 0;
  auto operator<=>(const Lease&) const = default;
};

struct State {
  // The shop's time: never goes back.
  int64_t last_ms = 0;
  // Scores count from here; set by the first operation.
  std::optional<int64_t> score_origin_ms;
  int64_t arrivals = 0;
  // The place of the last arrival in the order of arrivals.
  int64_t order = 0;
  int64_t closed = 0;
  int64_t abandoned = 0;
  // Assignments.
  int64_t turn = 0;
  // By how much the shop's clock is ahead of UTC.
  int64_t day_offset_ms = 0;
  // The plan in force, if there is one; `retired` are classes that it has no more and in which
  // sessions waited when it came.
  std::optional<ClassTable> plan;
  std::map<std::string, ClassSpec> retired;
  // Last position in the routing log.
  int64_t log_seq = 0;
  // Closed ones too, as long as their tombstones stand.
  std::map<std::string, SessionRecord> sessions;
  std::map<std::string, AgentRecord> agents;
  std::map<Lease, int64_t> leases;            // until when
  std::map<std::string, int64_t> timers;      // session → when to look at it again
  std::map<std::string, int64_t> tombstones;  // closed session → since when
};

// The place of the next arrival: by the millisecond, and within it one after the other. Always
// above `last`, the one before.
int64_t NextPlace(int64_t enqueue_ms, int64_t origin_ms, int64_t last);
// score = place − boost·1024: all sessions age alike, so that a score need not be rewritten while
// it waits.
int64_t WaitScore(int64_t place, int64_t boost_ms);
// How a class is served in this state: by its plan; without one, directly, the least loaded first,
// with the weight that `plain` knows.
ClassSpec SpecIn(const State& state, const ClassTable& plain, const std::string& class_name);
// By what a class chooses: smaller first, then the id. An agent's capacity must not be 0.
int64_t ChoiceScore(const AgentRecord& agent, const ClassSpec& spec, const State& state);
// floor(1000·used/capacity)·2^41 + last assignment: least loaded first, then longest idle.
int64_t LoadScore(const AgentRecord& agent, int64_t origin_ms);

}  // namespace kefu::gateway::routing
