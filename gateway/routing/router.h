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
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/routing/domain/classes.h"
#include "gateway/routing/plans.h"
#include "proto/kefu/common/v1/entry.pb.h"
#include "proto/kefu/gateway/v1/agent.pb.h"
#include "proto/kefu/gateway/v1/session.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"

namespace kefu::gateway::routing {

class Store;
struct Operation;

// Why an agent got a session.
struct Assignment {
  // "session": it chose among agents (`score` is the agent's, by the strategy); "agent": a free
  // agent chose among sessions (`score` is the session's); "last": the agent that the buyer had
  // before; "hand": a person decided. Empty: never assigned.
  std::string how;
  // The class that it was matched in, "<group>.<step>", or "@<agent>".
  std::string class_name;
  int strategy = 0;  // Strategy
  int64_t waited_ms = 0;
  // Agents that served the class then, with or without room.
  int64_t eligible = 0;
  int64_t score = 0;
  // The agent, or session, that came next, and its score; an agent's may be too low. Empty: nobody.
  std::string runner_up;
  int64_t runner_up_score = 0;
};

// `session` has session, conversation, buyer, state, agent, fence, version, enqueue_time,
// assign_time and the opening's category and language.
struct SessionChange {
  v1::Session session;
  // Who owned it before; empty if nobody. The owner itself if it gave the session back and got it
  // again at once, being alone. An offer counts as owning.
  std::string previous_agent;
  // What happened: "arrived", "reopened", "resumed", "assigned", "accepted", "declined", "expired",
  // "recalled", "claimed", "transferred", "requeued", "taken_over", "held", "unheld", "given_back",
  // "orphaned", "buyer_away", "buyer_back", "closed", "wrapped", "abandoned", "gave_up", "parked".
  std::string cause;
  // Where it waits or was matched, and its skill group.
  std::string class_name;
  std::string group;
  // Names the pending offer (OFFERED), or the one accepted last.
  uint64_t offer = 0;
  // End of the offer (OFFERED) or of the wrap-up (WRAP).
  std::optional<TimePoint> until;
  // On hold: waits for its buyer.
  bool held = false;
  // Of the owner, or of the last one. In the log only with the entry that assigned it.
  Assignment assignment;
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
  // What else the plan goes by.
  std::string channel = {};
  std::string page = {};
  std::string priority = {};
  // The group, if the plan was asked already (hours); empty: the plan says.
  std::string group = {};
  // Who served the buyer last, if that was lately: gets the session if it has room; if it is online
  // but full, the session waits for it for a while, if its group does so.
  std::optional<AgentId> last_agent = std::nullopt;
  // It was kept for later (refused, parked, or it had waited too long), and its time has come: it
  // is let in, whatever waits.
  bool kept = false;
};

// An agent as the directory describes it; routing keeps a copy.
struct AgentProfile {
  AgentId agent;
  uint32_t capacity = 100;
  // The directory's version of the agent; an older one changes nothing.
  uint64_t config_version = 1;
  // By these the plan says which classes it serves.
  std::map<std::string, uint32_t> skills = {};
  std::vector<std::string> languages = {};
};

struct AgentSnapshot {
  v1::AgentState agent;
  std::vector<v1::Session> sessions;
  uint32_t waiting = 0;
};

// Why a session waits, or with whom it is and why.
struct Explanation {
  SessionChange session;
  // While it waits: by how many of its group it is preceded; by nobody: 0.
  uint32_t ahead = 0;
  // In its class: agents that are online; and of these, with room (at most 20 are looked at).
  uint32_t eligible = 0;
  uint32_t with_room = 0;
  // Who does not get it, and until when.
  std::vector<std::pair<std::string, TimePoint>> excluded;
  // Where it goes next and when; empty at the last step.
  std::string next_class;
  std::optional<TimePoint> next_at;
  // Until when it waits for its last agent; for a buyer who is away; and at all.
  std::optional<TimePoint> sticky_until;
  std::optional<TimePoint> buyer_away_until;
  std::optional<TimePoint> waits_until;
  // Who is served next in its class; and by whom, if somebody has room. Empty: nobody.
  std::string next_session;
  std::string next_agent;
};

// The figures of one group, as of now and of the shop's day.
struct GroupFigures {
  uint32_t waiting = 0;
  uint32_t offered = 0;
  uint32_t active = 0;
  uint32_t wrap = 0;
  // Of those that come first in the queue (20 of each class are looked at), the one that has waited
  // longest since it came.
  std::optional<TimePoint> oldest;
  // Agents that serve its last step and are online.
  uint32_t online = 0;
  uint32_t served_today = 0;
  uint32_t in_time_today = 0;
  uint32_t missed_today = 0;
  uint32_t abandoned_today = 0;
  uint32_t gave_up_today = 0;
};

struct Event {
  uint64_t seq = 0;
  SessionChange change;
  TimePoint time;
};

// Threads: thread-safe; it keeps nothing but what helps to declare keys.
// Errors: NOT_FOUND NO_SUCH_SESSION, NO_SUCH_AGENT. ABORTED STALE_FENCE (metadata fence),
// STALE_OFFER, ALREADY_TAKEN (metadata agent). FAILED_PRECONDITION NOT_OWNER, SESSION_CLOSED,
// AGENT_NOT_READY, AGENT_FULL, NOT_WAITING, NOT_CLAIMABLE, NOT_IN_GROUP. RESOURCE_EXHAUSTED
// QUEUE_FULL (metadata group, waiting): nobody is let in, however often it is tried.
// INVALID_ARGUMENT with the field. UNAVAILABLE as redis::Client says; every operation may be
// repeated after it.
class Router {
 public:
  struct Options {
    // How long an agent is READY without a heartbeat, and how long after that it keeps its sessions
    // as SUSPECT.
    int64_t lease_ms = 30'000;
    int64_t orphan_grace_ms = 60'000;
    // How long an agent that declined or missed a session does not get it again, if there are
    // others; and one that gave it away, whoever is there. A shop's plan may say otherwise.
    int64_t exclusion_ms = 60'000;
    // How much earlier the sessions of a lost agent count as having come.
    int64_t orphan_boost_ms = 300'000;
    // How long an agent that declined or missed an offer does not get that session even if nobody
    // else is there.
    int64_t offer_pause_ms = 5'000;
    // How long a session waits whose buyer has gone away.
    int64_t buyer_grace_ms = 60'000;
    // How long a closed session is remembered beyond what inquiries' cursor has passed, for calls
    // that are under way.
    int64_t tombstone_ms = 600'000;
    // Null: no shop has a plan, and the classes are these. Outlives the router.
    PlanSource* plans = nullptr;
    ClassTable classes = ClassTable::SingleGroup();
    // Only the function library that tests load takes the time from here. Outlives the router.
    const Clock* test_clock = nullptr;
  };

  explicit Router(redis::ShardMap& shards);
  Router(redis::ShardMap& shards, Options options);
  ~Router();

  // The newest plan of the shop takes effect: sessions that wait where it has no class go to what
  // it has instead. Then call UpdateAgent for every agent, since it may serve other classes.
  // Repeated: no change.
  Task<absl::StatusOr<Outcome>> Configure(ShopId shop);

  // A session opened at inquiries: assigned or offered at once, or waiting. Repeated: no change.
  // After its close: no change, until it is reopened. QUEUE_FULL if its group lets nobody in.
  Task<absl::StatusOr<Outcome>> Arrive(ShopId shop, Arrival arrival);

  // An agent's stream began: a new incarnation, a fresh lease; SUSPECT turns READY. Creates the
  // agent if new (OFFLINE). Heartbeats name the incarnation of the agent in the outcome.
  Task<absl::StatusOr<Outcome>> ConnectAgent(ShopId shop, AgentProfile profile);
  // Renews leases. Answers the agents whose incarnation is no longer the current one, or that were
  // disabled or lost: their streams must end. An agent that had become SUSPECT is READY again; what
  // it is given then stands in the routing log.
  Task<absl::StatusOr<std::vector<std::string>>> Heartbeat(
      ShopId shop, std::vector<std::pair<std::string, uint64_t>> agent_incarnations);
  // By the agent, or by a supervisor for it. ONLINE takes waiting sessions up to capacity, and ends
  // MISSED. OFFLINE gives the agent's sessions back at their original age. The others keep them and
  // take none; what was offered to the agent is offered to others. All but OFFLINE need a
  // connection (AGENT_NOT_READY).
  Task<absl::StatusOr<Outcome>> SetPresence(ShopId shop, AgentId agent, v1::Presence presence);
  // The directory changed or disabled the agent. Disabled: offline and disconnected, sessions
  // requeued at their original age. A `config_version` not above the known one changes nothing.
  Task<absl::StatusOr<Outcome>> UpdateAgent(ShopId shop, AgentProfile profile, bool disabled);

  // By the owner (agent and fence must be the current ones). Without `to`: waiting again at its
  // original age; the agent that gave it away does not get it back while the exclusion lasts,
  // whoever else is there. May exceed `to`'s capacity up to
  // twice it, not more (AGENT_FULL); `to` must be connected, and ONLINE or BUSY (AGENT_NOT_READY).
  // Repeated while nothing else happened to the session: no change.
  Task<absl::StatusOr<Outcome>> Transfer(ShopId shop, SessionId session, AgentId from,
                                         uint64_t fence, std::optional<AgentId> to);
  // The same, to the queue of a group. Relaxation begins anew in another one. Also QUEUE_FULL.
  Task<absl::StatusOr<Outcome>> TransferToGroup(ShopId shop, SessionId session, AgentId from,
                                                uint64_t fence, std::string group);
  // By a supervisor, whoever owns the session: to the queue of a group, or (absent) of its own.
  // With `fence`, only if it is still that one. Repeated: no change.
  Task<absl::StatusOr<Outcome>> Requeue(ShopId shop, SessionId session,
                                        std::optional<std::string> group,
                                        std::optional<uint64_t> fence = std::nullopt);

  // By the agent to whom it was offered, on its present connection: it owns the session. The answer
  // to anything but the pending offer is STALE_OFFER. Repeated: no change.
  Task<absl::StatusOr<Outcome>> Accept(ShopId shop, SessionId session, AgentId agent,
                                       uint64_t incarnation, uint64_t offer);
  // The session waits again at its age, and the agent does not get it for a minute. STALE_OFFER as
  // above. Repeated while it waits: no change.
  Task<absl::StatusOr<Outcome>> Decline(ShopId shop, SessionId session, AgentId agent,
                                        uint64_t offer);
  // By a supervisor: as if declined. No change if nothing is offered.
  Task<absl::StatusOr<Outcome>> Recall(ShopId shop, SessionId session);

  // The agent takes a waiting session of a group whose agents take what they want (else
  // NOT_CLAIMABLE) and that it serves (else NOT_IN_GROUP). ALREADY_TAKEN if another was quicker.
  // May exceed the capacity up to twice it. Repeated: no change.
  Task<absl::StatusOr<Outcome>> Claim(ShopId shop, SessionId session, AgentId agent);

  // By the owner: the session waits for its buyer and weighs what its group says. Repeated: no
  // change.
  Task<absl::StatusOr<Outcome>> Hold(ShopId shop, SessionId session, AgentId agent, uint64_t fence);
  // The buyer wrote (without `agent`), or its owner goes on. May exceed the capacity up to twice it
  // (AGENT_FULL). Not on hold: no change.
  Task<absl::StatusOr<Outcome>> Unhold(ShopId shop, SessionId session,
                                       std::optional<AgentId> agent = std::nullopt);
  // The agent has written its notes (state WRAP): the slot is free. Closed already: no change.
  Task<absl::StatusOr<Outcome>> Finish(ShopId shop, SessionId session, AgentId agent);

  // The last stream of a session's buyer ended, or one began. Who waits without its buyer is given
  // to nobody, and abandoned when the grace is over; what is served is not concerned. To be told of
  // each session that begins to wait again while its buyer is away.
  Task<absl::StatusOr<Outcome>> SetBuyerPresent(ShopId shop, SessionId session, bool present);
  // The buyer left the queue: CLOSED, cause "abandoned". NOT_WAITING while it is served. Repeated:
  // no change.
  Task<absl::StatusOr<Outcome>> Abandon(ShopId shop, SessionId session);
  // The same, but the session is kept for later: cause "parked". Comes back by Arrival.kept.
  Task<absl::StatusOr<Outcome>> Park(ShopId shop, SessionId session);

  // `by` becomes the owner, whoever it was, waiting sessions too. Repeated by the same: no change.
  // `by` may have any presence but needs a connection (AGENT_NOT_READY), and may hold twice its
  // capacity, not more (AGENT_FULL).
  Task<absl::StatusOr<Outcome>> TakeOver(ShopId shop, SessionId session, AgentId by);
  // inquiries closed it: frees the slot, leaves a tombstone, gives the freed agent the next waiting
  // session. In a group with wrap-up: WRAP, until the agent finishes or the time is over.
  // `reopened` is the closed inquiry's: a delayed call then cannot close a life that began later.
  Task<absl::StatusOr<Outcome>> Complete(ShopId shop, SessionId session,
                                         std::optional<uint32_t> reopened = std::nullopt);
  // inquiries reopened it: to `preferred` as to Arrival.last_agent, else as Arrive; fence goes on
  // from the old one. In wrap-up: its agent goes on with it.
  Task<absl::StatusOr<Outcome>> Reopen(ShopId shop, Arrival arrival, AgentId preferred);

  // Why it waits, or is where it is.
  Task<absl::StatusOr<Explanation>> Explain(ShopId shop, SessionId session);
  // How many of the group come before a waiting session; 0 for one that does not wait.
  Task<absl::StatusOr<uint32_t>> CountAhead(ShopId shop, SessionId session);
  // By group.
  Task<absl::StatusOr<std::map<std::string, GroupFigures>>> GetBoard(ShopId shop);
  // All groups together.
  Task<absl::StatusOr<v1::QueueState>> GetQueue(ShopId shop);
  // As GetSession, with all that a change tells; without a former owner.
  Task<absl::StatusOr<SessionChange>> GetRouting(ShopId shop, SessionId session);
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
  struct LivePage {
    std::vector<v1::Session> sessions;
    // Where the next page begins; empty: this was the last one.
    std::string next;
  };
  // All live sessions, page by page, in no order; a page may hold a few more than the limit.
  // `place` is the `next` of the page before, empty for the first. Who is there all the while comes
  // at least once. INVALID_ARGUMENT BAD_PAGE_TOKEN for a place that is none.
  Task<absl::StatusOr<LivePage>> ListLive(ShopId shop, std::string place, uint32_t limit);

  // Leases that lapsed: SUSPECT first, OFFLINE with sessions requeued when the grace is over;
  // offers, wrap-ups, waits and exclusions that ended; relaxation; work that a gateway left behind
  // when it died between two calls. Bounded work per call: call again when `next_due`, the store's
  // time of the next thing to do, has come. Absent: nothing is scheduled.
  struct SweepResult {
    Outcome outcome;
    std::optional<TimePoint> next_due;
  };
  Task<absl::StatusOr<SweepResult>> Sweep(ShopId shop);

  // The routing log after a position, oldest first, at most `limit` and 1000.
  Task<absl::StatusOr<std::vector<Event>>> ReadEvents(ShopId shop, uint64_t after, uint32_t limit);
  // The last ones, oldest first.
  Task<absl::StatusOr<std::vector<Event>>> ReadLastEvents(ShopId shop, uint32_t limit);
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
  using Build = std::function<Operation(const RoutingPlan&)>;
  // Runs an operation that changes something, and then what it left over.
  Task<absl::StatusOr<Outcome>> Run(ShopId shop, Build build);
  Task<absl::StatusOr<Outcome>> RunOnAllClasses(ShopId shop, std::string verb,
                                                std::vector<std::string> arguments);
  // The same, with how long who gives the session away does not get it, by the plan.
  Task<absl::StatusOr<Outcome>> RunWithExclusion(ShopId shop, std::string verb,
                                                 std::vector<std::string> arguments);
  Task<absl::StatusOr<Outcome>> MoveToGroup(ShopId shop, SessionId session, std::string from,
                                            std::optional<uint64_t> fence,
                                            std::optional<std::string> group);
  // Goes on with what operations left over, at most until everything is done.
  Task<absl::Status> GoOn(ShopId shop, std::vector<std::string> targets, Outcome& outcome);
  Task<absl::StatusOr<Outcome>> Open(ShopId shop, std::string verb, Arrival arrival,
                                     std::string preferred);
  // One round of reconciliation over what a function scans; adds to `repairs`.
  Task<absl::Status> ReconcileScan(ShopId shop, std::string verb, std::vector<std::string> what,
                                   std::vector<std::string>& repairs);

  const Options options_;
  // Thread-safe itself.
  const std::unique_ptr<Store> store_;
};

}  // namespace kefu::gateway::routing
