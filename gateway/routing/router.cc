#include "gateway/routing/router.h"

#include <algorithm>
#include <map>

#include "gateway/routing/storage/rows.h"
#include "gateway/routing/storage/store.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::routing {
namespace {

// How many records one call reads or writes, since a function blocks its node.
constexpr size_t kHeartbeatsPerCall = 50;
constexpr size_t kVersionsPerCall = 100;
constexpr uint32_t kRowsPerCall = 200;
constexpr uint32_t kScanCount = 50;
constexpr uint32_t kMaxEvents = 1000;
// Leases and timers that one call of the sweep handles.
constexpr int kExpiriesPerCall = 12;
// What one operation may leave over is bounded by an agent's capacity and by the waiting sessions;
// beyond this many calls the sweep goes on with it.
constexpr int kMaxRounds = 1000;
constexpr int kMaxSweepRounds = 32;

}  // namespace

Router::Router(redis::ShardMap& shards) : Router(shards, Options{}) {}

Router::Router(redis::ShardMap& shards, Options options)
    : options_(std::move(options)),
      store_(std::make_unique<Store>(shards, options_.classes, options_.test_clock)) {}

Router::~Router() = default;

Operation Router::OnAllClasses(std::string verb, std::vector<std::string> arguments) const {
  Operation operation{.verb = std::move(verb), .arguments = std::move(arguments)};
  for (const ClassSpec& spec : store_->classes().all()) operation.classes.push_back(spec.name);
  return operation;
}

Task<absl::StatusOr<Outcome>> Router::Run(ShopId shop, Operation operation) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(operation)));
  KEFU_CO_ASSIGN_OR_RETURN(OperationReply reply, ReadReply(values));
  for (int round = 0; !reply.again.empty(); ++round) {
    if (round == kMaxRounds) {
      log::Warn("routing leaves work to the sweep", {{"target", reply.again.front()}});
      break;
    }
    const std::string target = reply.again.back();
    reply.again.pop_back();
    std::vector<std::string> arguments;
    arguments.push_back(target);
    Operation rest = OnAllClasses("match", std::move(arguments));
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array more,
                             co_await store_->Call(shop, std::move(rest)));
    KEFU_CO_ASSIGN_OR_RETURN(OperationReply next, ReadReply(more));
    Merge(std::move(next.outcome), reply.outcome);
    for (std::string& again : next.again) {
      if (std::find(reply.again.begin(), reply.again.end(), again) == reply.again.end()) {
        reply.again.push_back(std::move(again));
      }
    }
  }
  co_return std::move(reply.outcome);
}

Task<absl::StatusOr<Outcome>> Router::Open(ShopId shop, std::string verb, Arrival arrival,
                                           std::string preferred) {
  const SessionTraits traits{.category = arrival.category, .language = arrival.language};
  const ClassSpec& spec = store_->classes().OfSession(traits);
  // No priorities yet: nobody is let forward.
  const std::string boost_ms = "0";
  Operation operation{.verb = std::move(verb), .classes = {}, .arguments = {}};
  operation.classes.push_back(spec.name);
  operation.arguments = {arrival.session.str(),
                         spec.name,
                         boost_ms,
                         std::to_string(static_cast<int>(arrival.category)),
                         arrival.language,
                         std::to_string(arrival.reopened),
                         std::to_string(arrival.fence),
                         std::move(preferred)};
  co_return co_await Run(shop, std::move(operation));
}

Task<absl::StatusOr<Outcome>> Router::Arrive(ShopId shop, Arrival arrival) {
  co_return co_await Open(std::move(shop), "arrive", std::move(arrival), "");
}

Task<absl::StatusOr<Outcome>> Router::Reopen(ShopId shop, Arrival arrival, AgentId preferred) {
  co_return co_await Open(std::move(shop), "reopen", std::move(arrival), preferred.str());
}

Task<absl::StatusOr<Outcome>> Router::ConnectAgent(ShopId shop, AgentProfile profile) {
  const std::vector<std::string> classes = store_->classes().OfAgent(profile.agent.str());
  std::vector<std::string> arguments = {
      profile.agent.str(), std::to_string(profile.config_version), std::to_string(profile.capacity),
      std::to_string(options_.lease_ms), std::to_string(classes.size())};
  arguments.insert(arguments.end(), classes.begin(), classes.end());
  Operation operation = OnAllClasses("connect", std::move(arguments));
  co_return co_await Run(shop, std::move(operation));
}

Task<absl::StatusOr<std::vector<std::string>>> Router::Heartbeat(
    ShopId shop, std::vector<std::pair<std::string, uint64_t>> agent_incarnations) {
  std::vector<std::string> gone;
  for (size_t from = 0; from < agent_incarnations.size(); from += kHeartbeatsPerCall) {
    const size_t to = std::min(from + kHeartbeatsPerCall, agent_incarnations.size());
    std::vector<std::string> arguments = {std::to_string(options_.lease_ms)};
    for (size_t i = from; i < to; ++i) {
      arguments.push_back(agent_incarnations[i].first);
      arguments.push_back(std::to_string(agent_incarnations[i].second));
    }
    Operation operation{.verb = "heartbeat", .classes = {}, .arguments = std::move(arguments)};
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(operation)));
    if (values.size() < 7) {
      co_return Error(absl::StatusCode::kInternal, "STORE_ERROR",
                      "A routing function answered less than it must.");
    }
    for (const redis::Value& agent : values[5].array()) gone.push_back(agent.str());
    for (const redis::Value& agent : values[6].array()) {
      std::vector<std::string> target;
      target.push_back(agent.str());
      Operation match = OnAllClasses("match", std::move(target));
      KEFU_CO_RETURN_IF_ERROR(co_await Run(shop, std::move(match)));
    }
  }
  co_return gone;
}

Task<absl::StatusOr<Outcome>> Router::SetPresence(ShopId shop, AgentId agent,
                                                  v1::Presence presence) {
  if (presence == v1::PRESENCE_UNSPECIFIED || !v1::Presence_IsValid(presence)) {
    co_return InvalidField("presence", "Name one of the five presences.");
  }
  std::vector<std::string> arguments = {agent.str(), std::to_string(static_cast<int>(presence))};
  Operation operation = OnAllClasses("set_presence", std::move(arguments));
  co_return co_await Run(shop, std::move(operation));
}

Task<absl::StatusOr<Outcome>> Router::UpdateAgent(ShopId shop, AgentProfile profile,
                                                  bool disabled) {
  const std::vector<std::string> classes = store_->classes().OfAgent(profile.agent.str());
  std::vector<std::string> arguments = {
      profile.agent.str(), std::to_string(profile.config_version), std::to_string(profile.capacity),
      std::to_string(static_cast<int>(disabled)), std::to_string(classes.size())};
  arguments.insert(arguments.end(), classes.begin(), classes.end());
  Operation operation = OnAllClasses("set_profile", std::move(arguments));
  co_return co_await Run(shop, std::move(operation));
}

Task<absl::StatusOr<Outcome>> Router::Transfer(ShopId shop, SessionId session, AgentId from,
                                               uint64_t fence, std::optional<AgentId> to) {
  std::vector<std::string> arguments = {session.str(), from.str(), std::to_string(fence)};
  arguments.push_back(to.has_value() ? to->str() : std::string());
  arguments.push_back(std::to_string(options_.exclusion_ms));
  Operation operation = OnAllClasses("transfer", std::move(arguments));
  co_return co_await Run(shop, std::move(operation));
}

Task<absl::StatusOr<Outcome>> Router::TakeOver(ShopId shop, SessionId session, AgentId by) {
  std::vector<std::string> arguments = {session.str(), by.str()};
  Operation operation = OnAllClasses("take_over", std::move(arguments));
  co_return co_await Run(shop, std::move(operation));
}

Task<absl::StatusOr<Outcome>> Router::Complete(ShopId shop, SessionId session,
                                               std::optional<uint32_t> reopened) {
  std::vector<std::string> arguments;
  arguments.push_back(session.str());
  arguments.push_back(reopened.has_value() ? std::to_string(*reopened) : std::string());
  Operation operation = OnAllClasses("complete", std::move(arguments));
  co_return co_await Run(shop, std::move(operation));
}

Task<absl::StatusOr<v1::Session>> Router::GetSession(ShopId shop, SessionId session) {
  Operation operation{.verb = "read_session", .classes = {}, .arguments = {}};
  operation.arguments.push_back(session.str());
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(operation)));
  const redis::Value reply(std::move(values));
  KEFU_CO_ASSIGN_OR_RETURN(SessionChange read, ReadSessionRow(reply[0]));
  co_return std::move(read.session);
}

Task<absl::StatusOr<AgentSnapshot>> Router::GetAgent(ShopId shop, AgentId agent) {
  Operation operation{.verb = "read_agent", .classes = {}, .arguments = {}};
  operation.arguments.push_back(agent.str());
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(operation)));
  const redis::Value reply(std::move(values));
  AgentSnapshot snapshot;
  snapshot.agent = ReadAgentRow(reply[0]);
  KEFU_CO_ASSIGN_OR_RETURN(snapshot.sessions, ReadSessionRows(reply[1]));
  snapshot.waiting = static_cast<uint32_t>(reply[2].Int());
  co_return snapshot;
}

Task<absl::StatusOr<std::vector<uint64_t>>> Router::GetAgentVersions(
    ShopId shop, std::vector<std::string> agents) {
  std::vector<uint64_t> versions;
  versions.reserve(agents.size());
  for (size_t from = 0; from < agents.size(); from += kVersionsPerCall) {
    const size_t to = std::min(from + kVersionsPerCall, agents.size());
    Operation operation{.verb = "read_agent_versions", .classes = {}, .arguments = {}};
    operation.arguments.assign(agents.begin() + from, agents.begin() + to);
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(operation)));
    const redis::Value reply(std::move(values));
    for (const redis::Value& version : reply[0].array()) versions.push_back(version.Int());
  }
  co_return versions;
}

Task<absl::StatusOr<std::vector<v1::AgentState>>> Router::ListAgents(ShopId shop) {
  // A scan may answer an agent twice; the later answer is the newer one.
  std::map<std::string, v1::AgentState> found;
  std::string cursor = "0";
  do {
    Operation operation{.verb = "list_agents", .classes = {}, .arguments = {}};
    operation.arguments = {cursor, std::to_string(kScanCount)};
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(operation)));
    const redis::Value reply(std::move(values));
    for (v1::AgentState& agent : ReadAgentRows(reply[1])) {
      const std::string id = agent.agent();
      found[id] = std::move(agent);
    }
    cursor = reply[0].str();
  } while (cursor != "0");
  std::vector<v1::AgentState> agents;
  agents.reserve(found.size());
  for (auto& [id, agent] : found) agents.push_back(std::move(agent));
  co_return agents;
}

Task<absl::StatusOr<std::vector<v1::Session>>> Router::ListWaiting(ShopId shop, uint32_t offset,
                                                                   uint32_t limit) {
  std::vector<v1::Session> sessions;
  while (sessions.size() < limit) {
    const uint32_t count = std::min(limit - static_cast<uint32_t>(sessions.size()), kRowsPerCall);
    std::vector<std::string> arguments = {std::to_string(offset + sessions.size()),
                                          std::to_string(count)};
    Operation operation = OnAllClasses("list_waiting", std::move(arguments));
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(operation)));
    const redis::Value reply(std::move(values));
    KEFU_CO_ASSIGN_OR_RETURN(std::vector<v1::Session> page, ReadSessionRows(reply[0]));
    const bool last = page.size() < count;
    sessions.insert(sessions.end(), std::make_move_iterator(page.begin()),
                    std::make_move_iterator(page.end()));
    if (last) break;
  }
  co_return sessions;
}

Task<absl::StatusOr<std::vector<v1::Session>>> Router::ListLive(ShopId shop, std::string cursor,
                                                                uint32_t limit) {
  std::vector<v1::Session> sessions;
  while (sessions.size() < limit) {
    const uint32_t count = std::min(limit - static_cast<uint32_t>(sessions.size()), kRowsPerCall);
    Operation operation{.verb = "list_live", .classes = {}, .arguments = {}};
    operation.arguments = {cursor, std::to_string(count)};
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(operation)));
    const redis::Value reply(std::move(values));
    KEFU_CO_ASSIGN_OR_RETURN(std::vector<v1::Session> page, ReadSessionRows(reply[0]));
    const bool last = page.size() < count;
    if (!page.empty()) cursor = page.back().session();
    sessions.insert(sessions.end(), std::make_move_iterator(page.begin()),
                    std::make_move_iterator(page.end()));
    if (last) break;
  }
  co_return sessions;
}

Task<absl::StatusOr<Router::SweepResult>> Router::Sweep(ShopId shop) {
  SweepResult result;
  for (int round = 0; round < kMaxSweepRounds; ++round) {
    std::vector<std::string> arguments = {std::to_string(options_.orphan_grace_ms),
                                          std::to_string(options_.orphan_boost_ms),
                                          std::to_string(kExpiriesPerCall)};
    Operation operation = OnAllClasses("sweep", std::move(arguments));
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(operation)));
    KEFU_CO_ASSIGN_OR_RETURN(OperationReply reply, ReadReply(values));
    Merge(std::move(reply.outcome), result.outcome);
    const redis::Value all(std::move(values));
    result.next_due.reset();
    if (all[6].Int() > 0) result.next_due = TimePoint{all[6].Int()};
    if (all[5].Int() == 0) break;
  }
  co_return result;
}

Task<absl::StatusOr<std::vector<Event>>> Router::ReadEvents(ShopId shop, uint64_t after,
                                                            uint32_t limit) {
  redis::Command command = {"XRANGE",
                            RoutingKey(shop.str(), "ev"),
                            std::to_string(after + 1) + "-0",
                            "+",
                            "COUNT",
                            std::to_string(std::min(limit, kMaxEvents))};
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value entries,
                           co_await store_->client(shop).Call(std::move(command)));
  std::vector<Event> events;
  events.reserve(entries.size());
  for (const redis::Value& entry : entries.array()) {
    KEFU_CO_ASSIGN_OR_RETURN(Event event, ReadLogEntry(entry));
    events.push_back(std::move(event));
  }
  co_return events;
}

Task<absl::StatusOr<Router::Cursor>> Router::GetCursor(ShopId shop, std::string log) {
  Operation operation{.verb = "read_cursor", .classes = {}, .arguments = {}};
  operation.arguments.push_back(std::move(log));
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(operation)));
  const redis::Value reply(std::move(values));
  Cursor cursor;
  cursor.store_epoch = reply[0].Int();
  cursor.seq = reply[1].Int();
  co_return cursor;
}

Task<absl::StatusOr<bool>> Router::AdvanceCursor(ShopId shop, std::string log, Cursor expected,
                                                 Cursor next, std::optional<TimePoint> passed) {
  Operation operation{.verb = "advance_cursor", .classes = {}, .arguments = {}};
  operation.arguments = {std::move(log), std::to_string(expected.store_epoch),
                         std::to_string(expected.seq), std::to_string(next.store_epoch),
                         std::to_string(next.seq)};
  operation.arguments.push_back(passed.has_value() ? std::to_string(passed->ms) : std::string());
  operation.arguments.push_back(std::to_string(options_.tombstone_ms));
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(operation)));
  const redis::Value reply(std::move(values));
  co_return reply[0].Int() == 1;
}

Task<absl::Status> Router::ReconcileScan(ShopId shop, std::string verb,
                                         std::vector<std::string> what,
                                         std::vector<std::string>& repairs) {
  // Functions that change records answer as every operation does, before cursor and repairs.
  const size_t at = verb == "reconcile_records" ? 5 : 0;
  std::string cursor = "0";
  do {
    std::vector<std::string> arguments = what;
    arguments.push_back(cursor);
    arguments.push_back(std::to_string(kScanCount));
    Operation operation = OnAllClasses(verb, std::move(arguments));
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(operation)));
    const redis::Value reply(std::move(values));
    for (const redis::Value& repair : reply[at + 1].array()) repairs.push_back(repair.str());
    cursor = reply[at].str();
  } while (!cursor.empty() && cursor != "0");
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::vector<std::string>>> Router::Reconcile(ShopId shop) {
  std::vector<std::string> repairs;
  for (const char* records : {"sessions", "agents"}) {
    std::vector<std::string> what = {records};
    KEFU_CO_RETURN_IF_ERROR(
        co_await ReconcileScan(shop, "reconcile_records", std::move(what), repairs));
  }
  for (const char* kind : {"waiting", "available"}) {
    for (const ClassSpec& spec : store_->classes().all()) {
      std::vector<std::string> what = {kind, spec.name};
      KEFU_CO_RETURN_IF_ERROR(
          co_await ReconcileScan(shop, "reconcile_set", std::move(what), repairs));
    }
  }
  std::vector<std::string> live = {"live", ""};
  KEFU_CO_RETURN_IF_ERROR(co_await ReconcileScan(shop, "reconcile_set", std::move(live), repairs));
  Operation counts = OnAllClasses("reconcile_counts", {});
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(counts)));
  const redis::Value reply(std::move(values));
  for (const redis::Value& repair : reply[5].array()) repairs.push_back(repair.str());
  co_return repairs;
}

}  // namespace kefu::gateway::routing
