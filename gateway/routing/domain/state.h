// What routing knows of one shop: the state that the pure model (model.h) steps through, and that
// the Redis functions keep in their hashes and sets.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

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

  bool live() const { return state != SessionState::kClosed; }
  bool waiting() const { return state == SessionState::kWaiting; }
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
  // In the order in which they came.
  std::vector<std::string> held;

  bool connected() const { return readiness != AgentReadiness::kAbsent; }
  // Gets sessions by itself.
  bool eligible() const {
    return presence == AgentPresence::kOnline && readiness == AgentReadiness::kReady && !disabled;
  }
  bool HasRoom(int64_t weight) const { return used + weight <= capacity; }
  bool Serves(const std::string& class_name) const;
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
  int64_t closed = 0;
  // Last position in the routing log.
  int64_t log_seq = 0;
  // Closed ones too, as long as their tombstones stand.
  std::map<std::string, SessionRecord> sessions;
  std::map<std::string, AgentRecord> agents;
  std::map<Lease, int64_t> leases;            // until when
  std::map<std::string, int64_t> timers;      // waiting session → when to look at it again
  std::map<std::string, int64_t> tombstones;  // closed session → since when
};

// score = (enqueue − origin − boost)·1024 + tie: all sessions age alike, so that a score need not
// be rewritten while it waits. `arrival` keeps the order within a millisecond.
int64_t WaitScore(int64_t enqueue_ms, int64_t origin_ms, int64_t boost_ms, int64_t arrival);
// floor(1000·used/capacity)·2^41 + last assignment: least loaded first, then longest idle. Capacity
// must not be 0.
int64_t LoadScore(const AgentRecord& agent, int64_t origin_ms);

}  // namespace kefu::gateway::routing
