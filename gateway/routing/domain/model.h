// Routing as a pure function: state, command and time give the next state, what changed, and what
// is left to do.
//
// This is what the Redis functions (storage/functions) do, written to be read. Both are held
// against each other by random operations (tests/gateway/routing/side_by_side_test.cc); change them
// together. The model looks at every agent and session where the functions keep indexes, and it is
// not what production runs.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/routing/domain/classes.h"
#include "gateway/routing/domain/state.h"
#include "services/common/base/clock.h"

namespace kefu::gateway::routing {

struct Policy {
  int64_t lease_ms = 30'000;
  int64_t grace_ms = 60'000;
  int64_t exclusion_ms = 60'000;
  int64_t orphan_boost_ms = 300'000;
  // How long an agent that declined or missed an offer does not get the session even if nobody else
  // is there.
  int64_t firm_ms = 5'000;
  // How long a session waits whose buyer went away.
  int64_t buyer_grace_ms = 60'000;
  // Bounds of one step, because a function blocks its node: sessions assigned or given back, leases
  // and timers handled, waiting sessions passed over because they exclude the agent or weigh too
  // much for it, agents passed over for the same reason.
  int64_t max_matches = 8;
  int64_t max_expiries = 12;
  int64_t max_skips = 32;
  int64_t max_personal = 10;
  // In force as long as the shop has no plan; and the classes that a sweep looks at, in this order.
  ClassTable classes = ClassTable::SingleGroup();
};

// The plan of the shop from now on, if it is newer.
struct Configure {
  ClassTable plan = ClassTable::SingleGroup();
};

// A session is open at inquiries: newly, or again (`reopen`).
struct OpenSession {
  std::string session;
  std::string class_name;
  int64_t boost_ms = 0;
  int64_t category = 0;
  std::string language;
  // How often it was reopened. 0 in a reopening: the caller does not know.
  int64_t life = 0;
  // The highest fence that inquiries knows.
  int64_t fence = 0;
  // Gets it if ready and with room; empty: nobody in particular.
  std::string preferred;
  bool reopen = false;
  // What it takes of an agent while it is served; 0: what its class says.
  int64_t weight = 0;
  // How long it waits for the preferred agent; absent: as long as its class says.
  std::optional<int64_t> sticky_ms = std::nullopt;
  // Comes back after it was kept for later: is let in, even if it had left the queue in this life.
  bool kept = false;
};

struct TransferSession {
  std::string session;
  std::string from;
  int64_t fence = 0;
  // Empty: back to the queue.
  std::string to;
};

struct TakeOverSession {
  std::string session;
  std::string by;
};

struct CompleteSession {
  std::string session;
  // The closed life; absent: whatever lives.
  std::optional<int64_t> life;
};

// To the queue of a group.
struct RequeueSession {
  std::string session;
  // Its owner; empty: a supervisor.
  std::string from;
  // Absent: whatever it is.
  std::optional<int64_t> fence;
  // The first one of the group; empty: of the group that it is in.
  std::string class_name;
};

struct ClaimSession {
  std::string session;
  std::string agent;
};

struct HoldSession {
  std::string session;
  std::string agent;
  int64_t fence = 0;
};

struct UnholdSession {
  std::string session;
  // Empty: whoever owns it.
  std::string agent;
};

// The end of the wrap-up, before its time.
struct FinishSession {
  std::string session;
  std::string agent;
};

struct AcceptOffer {
  std::string session;
  std::string agent;
  int64_t incarnation = 0;
  int64_t offer = 0;
};

struct DeclineOffer {
  std::string session;
  std::string agent;
  int64_t offer = 0;
};

// By a supervisor.
struct RecallOffer {
  std::string session;
};

struct SetBuyerPresent {
  std::string session;
  bool present = true;
};

// The buyer left the queue; or (`park`) the session is kept for later.
struct AbandonSession {
  std::string session;
  bool park = false;
};

struct ConnectAgent {
  std::string agent;
  int64_t config_version = 0;
  int64_t capacity = 0;
  std::vector<std::string> classes;
  // Absent, as in releases before plans: leaves the classes that a plan gave alone.
  std::optional<int64_t> plan_version = std::nullopt;
  // As many as classes; may be empty.
  std::vector<int64_t> levels = {};
};

struct SetProfile {
  std::string agent;
  int64_t config_version = 0;
  int64_t capacity = 0;
  std::vector<std::string> classes;
  bool disabled = false;
  std::optional<int64_t> plan_version = std::nullopt;
  std::vector<int64_t> levels = {};
};

struct SetPresence {
  std::string agent;
  AgentPresence presence = AgentPresence::kOffline;
};

struct Heartbeat {
  // Agent and incarnation.
  std::vector<std::pair<std::string, int64_t>> connections;
};

// Goes on with what an earlier step left over (Reply::again).
struct Match {
  std::string target;
};

// Leases and timers that are due, then classes that were left with work.
struct Sweep {
  // By how much the shop's clock is ahead of UTC; absent: not known.
  std::optional<int64_t> day_offset_ms = std::nullopt;
};

// inquiries' log was read past all closes before then: their tombstones go, at most 100 in a step.
struct ForgetClosed {
  int64_t before_ms = 0;
};

using Command =
    std::variant<OpenSession, TransferSession, TakeOverSession, CompleteSession, ConnectAgent,
                 SetProfile, SetPresence, Heartbeat, Match, Sweep, ForgetClosed, Configure,
                 RequeueSession, ClaimSession, HoldSession, UnholdSession, FinishSession,
                 AcceptOffer, DeclineOffer, RecallOffer, SetBuyerPresent, AbandonSession>;

// An entry of the routing log.
struct LogEntry {
  int64_t seq = 0;
  std::string session;
  SessionState state = SessionState::kClosed;
  std::string agent;
  std::string previous;
  int64_t fence = 0;
  int64_t version = 0;
  int64_t enqueue_ms = 0;
  int64_t assign_ms = 0;
  int64_t category = 0;
  std::string language;
  std::string cause;
  int64_t at_ms = 0;
  std::string class_name;
  // While it is offered or served.
  int64_t offer = 0;
  int64_t until_ms = 0;
  bool held = false;
  // Of an assignment. Without the runner-up, which only the store knows.
  std::string why;
  bool operator==(const LogEntry&) const = default;
};

struct Reply {
  int64_t waiting = 0;
  // 0 if no session changed.
  int64_t event_seq = 0;
  // Targets of further Match commands.
  std::vector<std::string> again;
  std::vector<LogEntry> changes;
  // Agents that changed, in the order in which they were first touched.
  std::vector<std::string> agents;
  // Heartbeat: agents whose connection is another one or none; agents that are ready again.
  std::vector<std::string> gone;
  std::vector<std::string> back;
  // Sweep: more is due now; when the next thing is due (0: nothing is).
  bool more = false;
  int64_t next_due_ms = 0;
  bool operator==(const Reply&) const = default;
};

struct Decision {
  State next;
  Reply reply;
};

// Errors are refusals (code and reason as router.h has them) and leave the state as it was.
absl::StatusOr<Decision> Apply(const State& state, const Command& command, TimePoint now,
                               const Policy& policy);

}  // namespace kefu::gateway::routing
