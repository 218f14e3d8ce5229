// Who serves whom. Routing's state lives in Redis and is changed only by the functions in
// routing/storage; this class calls them. Any gateway may run any operation at any time; every
// operation is idempotent and safe against repetition, delay and races.
//
// What an operation changed comes back as an Outcome. The caller makes it known (raises the fence
// at inquiries, then publishes); the same changes stand in the shop's routing log (`ev`), from
// which they are made known if the caller dies before (ReadEvents).
// No personal data is kept here: names and texts are inquiries'.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/routing/domain/classes.h"
#include "proto/kefu/common/v1/entry.pb.h"
#include "proto/kefu/gateway/v1/session.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"

namespace kefu::gateway::routing {

class Store;
struct Operation;

// `session` has session, conversation, buyer, state, agent, fence, version, enqueue_time,
// assign_time and the opening's category and language.
struct SessionChange {
  v1::Session session;
  // Who owned it before; empty if nobody. The owner itself if it gave the session back and got it
  // again at once, being alone.
  std::string previous_agent;
};

struct Outcome {
  // Empty if nothing changed, as after a repeated call.
  std::vector<SessionChange> sessions;
  std::vector<v1::AgentState> agents;
  // Sessions waiting in the shop after the operation.
  uint32_t waiting = 0;
  // Position of the last event written to the routing log; 0 if no session changed.
  uint64_t event_seq = 0;
};

// From inquiries: what is open there.
struct Arrival {
  SessionId session;
  BuyerId buyer;
  common::v1::Category category = common::v1::CATEGORY_UNSPECIFIED;
  std::string language;
  // Inquiry.fence: routing goes on above it, even if it has forgotten the session.
  uint64_t fence = 0;
  // Inquiry.reopened: which life of the session this is. Tells a delayed or repeated call from a
  // new opening. 0 in a Reopen: the caller does not know, whatever is closed opens.
  uint32_t reopened = 0;
};

// An agent as the directory describes it; routing keeps a copy.
struct AgentProfile {
  AgentId agent;
  uint32_t capacity = 100;
  // The directory's version of the agent; an older one changes nothing.
  uint64_t config_version = 1;
};

struct AgentSnapshot {
  v1::AgentState agent;
  std::vector<v1::Session> sessions;
  uint32_t waiting = 0;
};

struct Event {
  uint64_t seq = 0;
  SessionChange change;
};

// Threads: thread-safe; it keeps nothing but what helps to declare keys.
// Errors: NOT_FOUND NO_SUCH_SESSION, NO_SUCH_AGENT. ABORTED STALE_FENCE (metadata fence).
// FAILED_PRECONDITION NOT_OWNER, SESSION_CLOSED, AGENT_NOT_READY, AGENT_FULL. INVALID_ARGUMENT with
// the field. UNAVAILABLE as redis::Client says; every operation may be repeated after it.
class Router {
 public:
  struct Options {
    // How long an agent is READY without a heartbeat, and how long after that it keeps its sessions
    // as SUSPECT.
    int64_t lease_ms = 30'000;
    int64_t orphan_grace_ms = 60'000;
    // How long an agent that gave a session back to the queue does not get it again, if there are
    // others.
    int64_t exclusion_ms = 60'000;
    // How much earlier the sessions of a lost agent count as having come.
    int64_t orphan_boost_ms = 300'000;
    // How long a closed session is remembered beyond what inquiries' cursor has passed, for calls
    // that are under way.
    int64_t tombstone_ms = 600'000;
    ClassTable classes = ClassTable::SingleGroup();
    // Only the function library that tests load takes the time from here. Outlives the router.
    const Clock* test_clock = nullptr;
  };

  explicit Router(redis::ShardMap& shards);
  Router(redis::ShardMap& shards, Options options);
  ~Router();

  // A session opened at inquiries: assigned at once, or waiting. Repeated: no change. After its
  // close: no change, until it is reopened.
  Task<absl::StatusOr<Outcome>> Arrive(ShopId shop, Arrival arrival);

  // An agent's stream began: a new incarnation, a fresh lease; SUSPECT turns READY. Creates the
  // agent if new (OFFLINE). Heartbeats name the incarnation of the agent in the outcome.
  Task<absl::StatusOr<Outcome>> ConnectAgent(ShopId shop, AgentProfile profile);
  // Renews leases. Answers the agents whose incarnation is no longer the current one, or that were
  // disabled or lost: their streams must end. An agent that had become SUSPECT is READY again; what
  // it is given then stands in the routing log.
  Task<absl::StatusOr<std::vector<std::string>>> Heartbeat(
      ShopId shop, std::vector<std::pair<std::string, uint64_t>> agent_incarnations);
  // ONLINE takes waiting sessions up to capacity. OFFLINE gives the agent's sessions back at their
  // original age. The others keep them and take none. All but OFFLINE need a connection
  // (AGENT_NOT_READY).
  Task<absl::StatusOr<Outcome>> SetPresence(ShopId shop, AgentId agent, v1::Presence presence);
  // The directory changed or disabled the agent. Disabled: offline and disconnected, sessions
  // requeued at their original age. A `config_version` not above the known one changes nothing.
  Task<absl::StatusOr<Outcome>> UpdateAgent(ShopId shop, AgentProfile profile, bool disabled);

  // By the owner (agent and fence must be the current ones). Without `to`: waiting again at its
  // original age, the giving agent excluded for 60 s unless alone. May exceed `to`'s capacity up to
  // twice it, not more (AGENT_FULL); `to` must be connected, and ONLINE or BUSY (AGENT_NOT_READY).
  // Repeated while nothing else happened to the session: no change.
  Task<absl::StatusOr<Outcome>> Transfer(ShopId shop, SessionId session, AgentId from,
                                         uint64_t fence, std::optional<AgentId> to);
  // `by` becomes the owner, whoever it was, waiting sessions too. Repeated by the same: no change.
  // `by` may have any presence but needs a connection (AGENT_NOT_READY), and may hold twice its
  // capacity, not more (AGENT_FULL).
  Task<absl::StatusOr<Outcome>> TakeOver(ShopId shop, SessionId session, AgentId by);
  // inquiries closed it: frees the slot, leaves a tombstone, gives the freed agent the next waiting
  // session. `reopened` is the closed inquiry's: a delayed call then cannot close a life that began
  // later.
  Task<absl::StatusOr<Outcome>> Complete(ShopId shop, SessionId session,
                                         std::optional<uint32_t> reopened = std::nullopt);
  // inquiries reopened it: to `preferred` if ready and with room, else as Arrive; fence goes on
  // from the old one.
  Task<absl::StatusOr<Outcome>> Reopen(ShopId shop, Arrival arrival, AgentId preferred);

  Task<absl::StatusOr<v1::Session>> GetSession(ShopId shop, SessionId session);
  Task<absl::StatusOr<AgentSnapshot>> GetAgent(ShopId shop, AgentId agent);
  // Versions of many agents at once, for gap detection; 0 for unknown ones.
  Task<absl::StatusOr<std::vector<uint64_t>>> GetAgentVersions(ShopId shop,
                                                               std::vector<std::string> agents);
  // In the order of ids.
  Task<absl::StatusOr<std::vector<v1::AgentState>>> ListAgents(ShopId shop);
  // Waiting sessions in the order in which they are served, from `offset`.
  Task<absl::StatusOr<std::vector<v1::Session>>> ListWaiting(ShopId shop, uint32_t offset,
                                                             uint32_t limit);
  // All live sessions after `cursor` (a session id, empty for the first), in id order.
  Task<absl::StatusOr<std::vector<v1::Session>>> ListLive(ShopId shop, std::string cursor,
                                                          uint32_t limit);

  // Leases that lapsed: SUSPECT first, OFFLINE with sessions requeued when the grace is over;
  // exclusions that ended; work that a gateway left behind when it died between two calls. Bounded
  // work per call: call again when `next_due`, the store's time of the next thing to do, has come.
  // Absent: nothing is scheduled.
  struct SweepResult {
    Outcome outcome;
    std::optional<TimePoint> next_due;
  };
  Task<absl::StatusOr<SweepResult>> Sweep(ShopId shop);

  // The routing log after a position, oldest first, at most `limit` and 1000.
  Task<absl::StatusOr<std::vector<Event>>> ReadEvents(ShopId shop, uint64_t after, uint32_t limit);
  // Where the gateways' shared reader of a log stands; Advance succeeds only from `expected` and
  // answers whether it did. `log` is "routing" or "inquiries". Advancing "inquiries" drops
  // tombstones that are older by `tombstone_ms` than `passed`, the time of the last event it passed
  // (absent: the reader is up to date).
  struct Cursor {
    uint64_t store_epoch = 0;
    uint64_t seq = 0;
  };
  Task<absl::StatusOr<Cursor>> GetCursor(ShopId shop, std::string log);
  Task<absl::StatusOr<bool>> AdvanceCursor(ShopId shop, std::string log, Cursor expected,
                                           Cursor next,
                                           std::optional<TimePoint> passed = std::nullopt);

  // Recomputes used, the sets and the counts from the sessions, in pages, beside normal operation;
  // after a restart of the store with a lost tail. Answers what differed.
  Task<absl::StatusOr<std::vector<std::string>>> Reconcile(ShopId shop);

 private:
  // Runs an operation that changes something, and then what it left over.
  Task<absl::StatusOr<Outcome>> Run(ShopId shop, Operation operation);
  Task<absl::StatusOr<Outcome>> Open(ShopId shop, std::string verb, Arrival arrival,
                                     std::string preferred);
  Operation OnAllClasses(std::string verb, std::vector<std::string> arguments) const;
  // One round of reconciliation over what a function scans; adds to `repairs`.
  Task<absl::Status> ReconcileScan(ShopId shop, std::string verb, std::vector<std::string> what,
                                   std::vector<std::string>& repairs);

  const Options options_;
  // Thread-safe itself.
  const std::unique_ptr<Store> store_;
};

}  // namespace kefu::gateway::routing
