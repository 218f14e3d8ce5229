#include "gateway/routing/domain/step.h"

#include <algorithm>
#include <utility>

namespace kefu::gateway::routing {
namespace {

template <class Map>
auto* Find(Map& map, const std::string& id) {
  auto found = map.find(id);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

Step::Step(const State& state, TimePoint now, const Policy& policy)
    : policy_(policy),
      next_(state),
      now_(std::max(now.ms, state.last_ms)),
      matches_(policy.max_matches) {}

SessionRecord* Step::FindSession(const std::string& id) { return Find(next_.sessions, id); }
AgentRecord* Step::FindAgent(const std::string& id) { return Find(next_.agents, id); }

void Step::TouchSession(const std::string& id, std::string cause) {
  SessionRecord& session = next_.sessions[id];
  auto known = std::find_if(touched_sessions_.begin(), touched_sessions_.end(),
                            [&id](const Touched& touched) { return touched.session == id; });
  if (known == touched_sessions_.end()) {
    touched_sessions_.push_back({.session = id, .owner_before = session.agent, .moved = false});
  }
  session.cause = std::move(cause);
}

void Step::Move(const std::string& id) {
  for (Touched& touched : touched_sessions_) {
    if (touched.session == id) touched.moved = true;
  }
}

void Step::TouchAgent(const std::string& id) {
  if (std::find(touched_agents_.begin(), touched_agents_.end(), id) == touched_agents_.end()) {
    touched_agents_.push_back(id);
  }
}

void Step::AskAgain(const std::string& target) {
  if (std::find(again_.begin(), again_.end(), target) == again_.end()) again_.push_back(target);
}

int64_t Step::CountWaiting() const {
  return std::count_if(next_.sessions.begin(), next_.sessions.end(),
                       [](const auto& entry) { return entry.second.waiting(); });
}

Reply Step::Commit() {
  Reply reply;
  next_.score_origin_ms = origin();
  next_.last_ms = now_;
  for (const Touched& touched : touched_sessions_) {
    SessionRecord& session = next_.sessions[touched.session];
    ++session.version;
    if (touched.moved) ++session.fence;
    reply.changes.push_back({.seq = ++next_.log_seq,
                             .session = touched.session,
                             .state = session.state,
                             .agent = session.agent,
                             .previous = touched.owner_before,
                             .fence = session.fence,
                             .version = session.version,
                             .enqueue_ms = session.enqueue_ms,
                             .assign_ms = session.assign_ms,
                             .category = session.category,
                             .language = session.language,
                             .cause = session.cause,
                             .at_ms = now_});
    reply.event_seq = next_.log_seq;
  }
  for (const std::string& agent : touched_agents_) ++next_.agents[agent].version;
  reply.agents = touched_agents_;
  reply.again = again_;
  reply.waiting = CountWaiting();
  return reply;
}

Reply Step::Unchanged() const {
  Reply reply;
  reply.waiting = CountWaiting();
  return reply;
}

std::vector<std::string> Step::WaitingIn(const std::string& class_name) const {
  std::vector<std::pair<int64_t, std::string>> waiting;
  for (const auto& [id, session] : next_.sessions) {
    if (session.waiting() && session.class_name == class_name) {
      waiting.emplace_back(session.score, id);
    }
  }
  std::sort(waiting.begin(), waiting.end());
  std::vector<std::string> ids;
  for (auto& [score, id] : waiting) ids.push_back(std::move(id));
  return ids;
}

std::vector<std::string> Step::AvailableIn(const std::string& class_name) const {
  const int64_t weight = policy_.classes.Find(class_name).weight;
  std::vector<std::pair<int64_t, std::string>> available;
  for (const auto& [id, agent] : next_.agents) {
    if (agent.eligible() && agent.Serves(class_name) && agent.HasRoom(weight)) {
      available.emplace_back(LoadScore(agent, origin()), id);
    }
  }
  std::sort(available.begin(), available.end());
  std::vector<std::string> ids;
  for (auto& [score, id] : available) ids.push_back(std::move(id));
  return ids;
}

bool Step::IsExcluded(const SessionRecord& session, const std::string& agent) const {
  bool listed = false;
  int64_t shut_out = 0;
  for (const Exclusion& exclusion : session.excluded) {
    if (exclusion.until_ms <= now_) continue;
    const AgentRecord* other = Find(next_.agents, exclusion.agent);
    if (other != nullptr && other->eligible() && other->Serves(session.class_name)) ++shut_out;
    listed = listed || exclusion.agent == agent;
  }
  const int64_t online =
      std::count_if(next_.agents.begin(), next_.agents.end(), [&session](const auto& entry) {
        return entry.second.eligible() && entry.second.Serves(session.class_name);
      });
  return listed && online > shut_out;
}

std::string Step::FirstFor(const std::string& class_name, const std::string& agent_id) const {
  const AgentRecord& agent = next_.agents.at(agent_id);
  if (!agent.HasRoom(policy_.classes.Find(class_name).weight)) return "";
  int64_t looked_at = 0;
  for (const std::string& id : WaitingIn(class_name)) {
    const SessionRecord& session = next_.sessions.at(id);
    if (looked_at++ == policy_.max_skips || !agent.HasRoom(session.weight)) break;
    if (!IsExcluded(session, agent_id)) return id;
  }
  return "";
}

void Step::Assign(const std::string& session_id, const std::string& agent_id, std::string cause) {
  TouchSession(session_id, std::move(cause));
  Move(session_id);
  TouchAgent(agent_id);
  SessionRecord& session = next_.sessions[session_id];
  AgentRecord& agent = next_.agents[agent_id];
  if (session.waiting() && !session.excluded.empty()) next_.timers.erase(session_id);
  session.state = SessionState::kActive;
  session.agent = agent_id;
  session.assign_ms = now_;
  session.excluded.clear();
  agent.used += session.weight;
  agent.last_assigned_ms = now_;
  agent.held.push_back(session_id);
}

void Step::Release(const std::string& session_id) {
  SessionRecord& session = next_.sessions[session_id];
  TouchAgent(session.agent);
  AgentRecord& agent = next_.agents[session.agent];
  std::erase(agent.held, session_id);
  agent.used -= session.weight;
  session.last_agent = session.agent;
  session.agent.clear();
}

void Step::Enqueue(const std::string& session_id) {
  SessionRecord& session = next_.sessions[session_id];
  session.state = SessionState::kWaiting;
  std::optional<int64_t> due;
  for (const Exclusion& exclusion : session.excluded) {
    if (exclusion.until_ms > now_)
      due = std::min(due.value_or(exclusion.until_ms), exclusion.until_ms);
  }
  if (due.has_value()) next_.timers[session_id] = *due;
}

void Step::Place(const std::string& session_id, const std::string& cause) {
  TouchSession(session_id, cause);
  const SessionRecord& session = next_.sessions[session_id];
  const std::string class_name = session.class_name;
  if (!WaitingIn(class_name).empty()) {
    Enqueue(session_id);
    Serve(class_name);
    return;
  }
  if (matches_ == 0) {
    Enqueue(session_id);
    AskAgain(class_name);
    return;
  }
  for (const std::string& agent : AvailableIn(class_name)) {
    if (next_.agents[agent].HasRoom(session.weight) && !IsExcluded(session, agent)) {
      --matches_;
      Assign(session_id, agent, cause);
      return;
    }
  }
  Enqueue(session_id);
}

void Step::Serve(const std::string& class_name) {
  size_t index = 0;
  while (!WaitingIn(class_name).empty()) {
    const std::vector<std::string> available = AvailableIn(class_name);
    if (index >= available.size()) return;
    const std::string session = FirstFor(class_name, available[index]);
    if (session.empty()) {
      ++index;
      continue;
    }
    if (matches_ == 0) {
      AskAgain(class_name);
      return;
    }
    --matches_;
    const bool changed_before =
        std::any_of(touched_sessions_.begin(), touched_sessions_.end(),
                    [&session](const Touched& touched) { return touched.session == session; });
    Assign(session, available[index], changed_before ? next_.sessions[session].cause : "assigned");
  }
}

void Step::Drain(const std::string& agent_id) {
  const AgentRecord& agent = next_.agents[agent_id];
  if (!agent.eligible()) return;
  while (true) {
    std::string best;
    for (const std::string& class_name : agent.classes) {
      const std::string session = FirstFor(class_name, agent_id);
      if (session.empty()) continue;
      auto order = [this](const std::string& id) {
        return std::pair(next_.sessions[id].score, id);
      };
      if (best.empty() || order(session) < order(best)) best = session;
    }
    if (best.empty()) return;
    if (matches_ == 0) {
      AskAgain(agent_id);
      return;
    }
    --matches_;
    const bool changed_before =
        std::any_of(touched_sessions_.begin(), touched_sessions_.end(),
                    [&best](const Touched& touched) { return touched.session == best; });
    Assign(best, agent_id, changed_before ? next_.sessions[best].cause : "assigned");
  }
}

bool Step::GiveBack(const std::string& agent_id, int64_t limit, const std::string& cause,
                    int64_t boost_ms) {
  const AgentRecord& agent = next_.agents[agent_id];
  for (; !agent.held.empty() && limit > 0; --limit) {
    const std::string id = agent.held.front();
    TouchSession(id, cause);
    Move(id);
    Release(id);
    SessionRecord& session = next_.sessions[id];
    if (session.boost_ms < boost_ms) {
      session.score -= (boost_ms - session.boost_ms) * 1024;
      session.boost_ms = boost_ms;
    }
    Place(id, cause);
  }
  return agent.held.empty();
}

}  // namespace kefu::gateway::routing
