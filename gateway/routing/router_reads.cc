// What callers read, and the routing log.
#include <absl/strings/numbers.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "gateway/routing/router.h"
#include "gateway/routing/storage/rows.h"
#include "gateway/routing/storage/store.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing {
namespace {

using google::protobuf::util::TimeUtil;

// How many records one call reads, since a function blocks its node.
constexpr size_t kVersionsPerCall = 100;
constexpr uint32_t kRowsPerCall = 200;
constexpr uint32_t kLivePerCall = 50;
constexpr int kScanCount = 50;
constexpr uint32_t kMaxEvents = 1000;

absl::StatusOr<std::vector<Event>> ToEvents(const redis::Value& entries) {
  std::vector<Event> events;
  events.reserve(entries.size());
  for (const redis::Value& entry : entries.array()) {
    KEFU_ASSIGN_OR_RETURN(Event event, ReadLogEntry(entry));
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace

Task<absl::StatusOr<v1::Session>> Router::GetSession(ShopId shop, SessionId session) {
  KEFU_CO_ASSIGN_OR_RETURN(SessionChange read, co_await GetRouting(shop, session));
  co_return std::move(read.session);
}

Task<absl::StatusOr<SessionChange>> Router::GetRouting(ShopId shop, SessionId session) {
  Operation operation{.verb = "read_session", .classes = {}, .arguments = {}};
  operation.arguments.push_back(session.str());
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(operation)));
  const redis::Value reply(std::move(values));
  co_return ReadSessionRow(reply[0]);
}

Task<absl::StatusOr<Explanation>> Router::Explain(ShopId shop, SessionId session) {
  Operation operation{.verb = "explain", .classes = {}, .arguments = {}};
  operation.arguments.push_back(session.str());
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(operation)));
  const redis::Value reply(std::move(values));
  co_return ReadExplanation(reply);
}

Task<absl::StatusOr<uint32_t>> Router::CountAhead(ShopId shop, SessionId session) {
  Operation operation{.verb = "count_ahead", .classes = {}, .arguments = {}};
  operation.arguments.push_back(session.str());
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(operation)));
  const redis::Value reply(std::move(values));
  co_return static_cast<uint32_t>(reply[0].Int());
}

Task<absl::StatusOr<std::map<std::string, GroupFigures>>> Router::GetBoard(ShopId shop) {
  BuildOperation read = [](const RoutingPlan& plan) {
    return OnAllClasses(plan, "read_board", {});
  };
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(read)));
  const redis::Value reply(std::move(values));
  co_return ReadBoard(reply[0], reply[1]);
}

Task<absl::StatusOr<v1::QueueState>> Router::GetQueue(ShopId shop) {
  absl::StatusOr<std::map<std::string, GroupFigures>> board = co_await GetBoard(std::move(shop));
  if (!board.ok()) co_return board.status();
  v1::QueueState queue;
  std::optional<TimePoint> oldest;
  for (const auto& [group, figures] : *board) {
    queue.set_waiting(queue.waiting() + figures.waiting);
    if (figures.oldest && (!oldest || figures.oldest->ms < oldest->ms)) oldest = figures.oldest;
  }
  if (oldest) *queue.mutable_oldest_enqueue_time() = TimeUtil::MillisecondsToTimestamp(oldest->ms);
  co_return queue;
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
    BuildOperation list = [arguments](const RoutingPlan& plan) {
      return OnAllClasses(plan, "list_waiting", arguments);
    };
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(list)));
    const redis::Value reply(std::move(values));
    KEFU_CO_ASSIGN_OR_RETURN(std::vector<v1::Session> page, ReadSessionRows(reply[0]));
    const bool last = page.size() < count;
    sessions.insert(sessions.end(), std::make_move_iterator(page.begin()),
                    std::make_move_iterator(page.end()));
    if (last) break;
  }
  co_return sessions;
}

Task<absl::StatusOr<Router::LivePage>> Router::ListLive(ShopId shop, std::string place,
                                                        uint32_t limit) {
  uint64_t cursor = 0;
  if (!place.empty() && !absl::SimpleAtoi(place, &cursor)) {
    co_return Error(absl::StatusCode::kInvalidArgument, "BAD_PAGE_TOKEN",
                    "Send the next_page_token of the page before; begin with an empty one.");
  }
  LivePage page;
  do {
    const auto left = limit - static_cast<uint32_t>(page.sessions.size());
    Operation operation{.verb = "list_live_v2", .classes = {}, .arguments = {}};
    operation.arguments = {std::to_string(cursor), std::to_string(std::min(left, kLivePerCall))};
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(operation)));
    const redis::Value reply(std::move(values));
    KEFU_CO_ASSIGN_OR_RETURN(std::vector<v1::Session> rows, ReadSessionRows(reply[1]));
    std::move(rows.begin(), rows.end(), std::back_inserter(page.sessions));
    if (!absl::SimpleAtoi(reply[0].str(), &cursor)) cursor = 0;
  } while (cursor != 0 && page.sessions.size() < limit);
  if (cursor != 0) page.next = std::to_string(cursor);
  co_return page;
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
  co_return ToEvents(entries);
}

Task<absl::StatusOr<std::vector<Event>>> Router::ReadLastEvents(ShopId shop, uint32_t limit) {
  redis::Command command = {"XREVRANGE", RoutingKey(shop.str(), "ev"),
                            "+",         "-",
                            "COUNT",     std::to_string(std::min(limit, kMaxEvents))};
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value entries,
                           co_await store_->client(shop).Call(std::move(command)));
  KEFU_CO_ASSIGN_OR_RETURN(std::vector<Event> events, ToEvents(entries));
  std::reverse(events.begin(), events.end());
  co_return events;
}

}  // namespace kefu::gateway::routing
