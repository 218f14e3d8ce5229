// Who serves whom. Routing's state lives in Redis and is changed only by the functions in
// routing/storage; this class calls them. Any gateway may run any operation at any time; every
// operation is idempotent and safe against repetition, delay and races.
//
// What an operation changed comes back as an Outcome. The caller makes it known (raises the fence
// at inquiries, then publishes); the same changes stand in the shop's routing log (`ev`), from
// which they are made known if the caller dies before (ReadEvents). No personal data is kept here:
// names and texts are inquiries'.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/kefu/common/v1/entry.pb.h"
#include "proto/kefu/gateway/v1/session.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"

namespace kefu::gateway::routing {

// `session` has session, conversation, buyer, state, agent, fence, version, enqueue_time,
// assign_time and the opening's category and language.
struct SessionChange {
  v1::Session session;
  // Who owned it before; empty if nobody.
  std::string previous_agent;
};

struct Outcome {
  std::vector<SessionChange> sessions;
  std::vector<v1::AgentState> agents;
  // Sessions waiting in the shop after the operation.
  uint32_t waiting = 0;
  // Position of the last event written to the routing log; 0 if nothing changed.
  uint64_t event_seq = 0;
};

struct Arrival {
  SessionId session;
  BuyerId buyer;
  common::v1::Category category = common::v1::CATEGORY_UNSPECIFIED;
  std::string language;
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

// Reasons: NO_SUCH_SESSION, NO_SUCH_AGENT, STALE_FENCE, NOT_OWNER, SESSION_CLOSED, AGENT_NOT_READY,
// AGENT_FULL, STALE_INCARNATION.
class Router {
 public:
  explicit Router(redis::ShardMap& shards);

  // A session opened at inquiries: assigned at once, or waiting. Repeated: no change. After its
  // close: no change.
  Task<absl::StatusOr<Outcome>> Arrive(ShopId shop, Arrival arrival);

  // An agent's stream began: a new incarnation, a fresh lease; SUSPECT turns READY. Creates the
  // agent if new (OFFLINE).
  Task<absl::StatusOr<Outcome>> ConnectAgent(ShopId shop, AgentProfile profile);
  // Renews leases (30 s). Answers the agents whose incarnation is no longer the current one.
  Task<absl::StatusOr<std::vector<std::string>>> Heartbeat(
      ShopId shop, std::vector<std::pair<std::string, uint64_t>> agent_incarnations);
  // ONLINE takes waiting sessions up to capacity (at most 8 a call: `more` work is done by repeated
  // calls inside).
  Task<absl::StatusOr<Outcome>> SetPresence(ShopId shop, AgentId agent, v1::Presence presence);
  // The directory changed or disabled the agent. Disabled: offline, sessions requeued at their
  // original age.
  Task<absl::StatusOr<Outcome>> UpdateAgent(ShopId shop, AgentProfile profile, bool disabled);

  // By the owner (agent and fence must be the current ones). Without `to`: waiting again at its
  // original age, the giving agent excluded for 60 s unless alone. May exceed `to`'s capacity up to
  // twice it, not more (AGENT_FULL).
  Task<absl::StatusOr<Outcome>> Transfer(ShopId shop, SessionId session, AgentId from,
                                         uint64_t fence, std::optional<AgentId> to);
  // `by` becomes the owner, whoever it was, waiting sessions too. Repeated by the same: no change.
  Task<absl::StatusOr<Outcome>> TakeOver(ShopId shop, SessionId session, AgentId by);
  // inquiries closed it: frees the slot, leaves a tombstone, gives the freed agent the next waiting
  // session.
  Task<absl::StatusOr<Outcome>> Complete(ShopId shop, SessionId session);
  // inquiries reopened it: to `preferred` if ready and with room, else as Arrive; fence goes on
  // from the old one.
  Task<absl::StatusOr<Outcome>> Reopen(ShopId shop, Arrival arrival, AgentId preferred);

  Task<absl::StatusOr<v1::Session>> GetSession(ShopId shop, SessionId session);
  Task<absl::StatusOr<AgentSnapshot>> GetAgent(ShopId shop, AgentId agent);
  // Versions of many agents at once, for gap detection; 0 for unknown ones.
  Task<absl::StatusOr<std::vector<uint64_t>>> GetAgentVersions(ShopId shop,
                                                               std::vector<std::string> agents);
  Task<absl::StatusOr<std::vector<v1::AgentState>>> ListAgents(ShopId shop);
  // Waiting sessions, oldest first, from `offset`.
  Task<absl::StatusOr<std::vector<v1::Session>>> ListWaiting(ShopId shop, uint32_t offset,
                                                             uint32_t limit);
  // All live sessions after `cursor` (a session id, empty for the first), in id order.
  Task<absl::StatusOr<std::vector<v1::Session>>> ListLive(ShopId shop, std::string cursor,
                                                          uint32_t limit);

  // Leases that lapsed: SUSPECT after 30 s, OFFLINE with sessions requeued 60 s later. Bounded work
  // per call; call again while `event_seq` != 0. `next_due` is when the next one lapses, if any.
  struct SweepResult {
    Outcome outcome;
    std::optional<TimePoint> next_due;
  };
  Task<absl::StatusOr<SweepResult>> Sweep(ShopId shop);

  // The routing log after a position, oldest first, at most `limit`.
  Task<absl::StatusOr<std::vector<Event>>> ReadEvents(ShopId shop, uint64_t after, uint32_t limit);
  // Where the gateways' shared reader of a log stands; Advance succeeds only from `expected` and
  // answers whether it did. `log` is "routing" or "inquiries". Advancing "inquiries" also drops
  // tombstones older than what it passed.
  struct Cursor {
    uint64_t store_epoch = 0;
    uint64_t seq = 0;
  };
  Task<absl::StatusOr<Cursor>> GetCursor(ShopId shop, std::string log);
  Task<absl::StatusOr<bool>> AdvanceCursor(ShopId shop, std::string log, Cursor expected,
                                           Cursor next);

  // Recomputes used and the sets from the sessions; after a restart of the store with a lost tail.
  // Answers what differed.
  Task<absl::StatusOr<std::vector<std::string>>> Reconcile(ShopId shop);

 private:
  redis::ShardMap& shards_;
};

}  // namespace kefu::gateway::routing
