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

void Step::Stir(const std::string& id) { stirred_.insert(id); }

void Step::SetTimer(const std::string& id) {
  SessionRecord& session = next_.sessions[id];
  const int64_t due = DueOf(session);
  if (due == session.due_ms) return;
  session.due_ms = due;
  if (due > 0) {
    next_.timers[id] = due;
  } else {
    next_.timers.erase(id);
  }
}

Reply Step::Commit() {
  Reply reply;
  next_.score_origin_ms = origin();
  next_.last_ms = now_;
  for (const std::string& session : stirred_) SetTimer(session);
  for (const Touched& touched : touched_sessions_) {
    SessionRecord& session = next_.sessions[touched.session];
    ++session.version;
    if (touched.moved) ++session.fence;
    SetTimer(touched.session);
    const bool offered_or_served = session.offered() || session.state == SessionState::kActive;
    const bool assigned = touched.moved && !session.agent.empty();
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
                             .at_ms = now_,
                             .class_name = session.class_name,
                             .offer = offered_or_served ? session.offer : 0,
                             .until_ms = session.until_ms,
                             .held = session.held,
                             .why = assigned ? session.why : ""});
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
    if (session.queued() && session.class_name == class_name) {
      waiting.emplace_back(session.score, id);
    }
  }
  std::sort(waiting.begin(), waiting.end());
  std::vector<std::string> ids;
  for (auto& [score, id] : waiting) ids.push_back(std::move(id));
  return ids;
}

std::vector<std::string> Step::AvailableIn(const std::string& class_name) const {
  const ClassSpec spec = Spec(class_name);
  std::vector<std::pair<int64_t, std::string>> available;
  if (spec.strategy == Strategy::kManualClaim) return {};
  for (const auto& [id, agent] : next_.agents) {
    if (agent.eligible() && agent.Serves(class_name) && agent.HasRoom(spec.weight)) {
      available.emplace_back(ScoreOf(agent, spec), id);
    }
  }
  std::sort(available.begin(), available.end());
  std::vector<std::string> ids;
  for (auto& [score, id] : available) ids.push_back(std::move(id));
  return ids;
}

int64_t Step::ScoreOf(const AgentRecord& agent, const ClassSpec& spec) const {
  // Before the first operation is over there is no origin yet.
  if (next_.score_origin_ms.has_value()) return ChoiceScore(agent, spec, next_);
  State state;
  state.score_origin_ms = now_;
  return ChoiceScore(agent, spec, state);
}

int64_t Step::ShutOut(const SessionRecord& session) const {
  std::set<std::string> agents;
  for (const std::vector<Exclusion>& list : {session.excluded, session.given}) {
    for (const Exclusion& exclusion : list) {
      const AgentRecord* agent = Find(next_.agents, exclusion.agent);
      const bool serves =
          agent != nullptr && agent->eligible() && agent->Serves(session.class_name);
      if (exclusion.until_ms > now_ && serves) agents.insert(exclusion.agent);
    }
  }
  return static_cast<int64_t>(agents.size());
}

bool Step::IsExcluded(const SessionRecord& session, const std::string& agent) const {
  auto names = [this, &agent](const std::vector<Exclusion>& list) {
    return std::any_of(list.begin(), list.end(), [this, &agent](const Exclusion& exclusion) {
      return exclusion.agent == agent && exclusion.until_ms > now_;
    });
  };
  if (names(session.given)) return true;
  if (!names(session.excluded)) return false;
  return session.firm_ms > now_ || OnlineIn(session.class_name) > ShutOut(session);
}

std::vector<Exclusion> Step::WithAgent(std::vector<Exclusion> list,
                                       const std::string& agent) const {
  std::erase_if(list, [this, &agent](const Exclusion& exclusion) {
    return exclusion.agent == agent || exclusion.until_ms <= now_;
  });
  list.push_back({agent, now_ + policy_.exclusion_ms});
  return list;
}

void Step::Exclude(const std::string& id, const std::string& agent, int64_t firm_ms) {
  SessionRecord& session = next_.sessions[id];
  session.excluded = WithAgent(session.excluded, agent);
  session.firm_ms = std::max(session.firm_ms, now_ + std::min(firm_ms, policy_.exclusion_ms));
}

void Step::GiveAway(const std::string& id, const std::string& agent) {
  SessionRecord& session = next_.sessions[id];
  session.given = WithAgent(session.given, agent);
}

std::string Step::FirstFor(const std::string& class_name, const std::string& agent_id) const {
  const AgentRecord& agent = next_.agents.at(agent_id);
  if (!agent.HasRoom(Spec(class_name).weight)) return "";
  int64_t looked_at = 0;
  for (const std::string& id : WaitingIn(class_name)) {
    const SessionRecord& session = next_.sessions.at(id);
    if (looked_at++ == policy_.max_skips) break;
    if (agent.HasRoom(session.weight) && !IsExcluded(session, agent_id)) return id;
  }
  return "";
}

std::string Step::Why(const SessionRecord& session, const Choice& choice) const {
  const bool personal = session.class_name.starts_with('@');
  const int64_t waited = session.since_ms > 0 ? now_ - session.since_ms : 0;
  return choice.how + ' ' + session.class_name + ' ' +
         std::to_string(static_cast<int>(Spec(session.class_name).strategy)) + ' ' +
         std::to_string(waited) + ' ' +
         std::to_string(personal ? 1 : OnlineIn(session.class_name)) + ' ' +
         std::to_string(choice.score);
}

void Step::BeginService(const std::string& id) {
  SessionRecord& session = next_.sessions[id];
  session.state = SessionState::kActive;
  session.assign_ms = now_;
  session.until_ms = session.since_ms = session.firm_ms = session.gone_ms = 0;
  session.excluded.clear();
}

void Step::Assign(const std::string& session_id, const std::string& agent_id,
                  const Choice& choice) {
  const bool changed_before =
      std::any_of(touched_sessions_.begin(), touched_sessions_.end(),
                  [&session_id](const Touched& touched) { return touched.session == session_id; });
  SessionRecord& session = next_.sessions[session_id];
  std::string cause = choice.cause;
  if (cause.empty()) cause = changed_before ? session.cause : "assigned";
  TouchSession(session_id, std::move(cause));
  Move(session_id);
  TouchAgent(agent_id);
  AgentRecord& agent = next_.agents[agent_id];
  session.why = Why(session, choice);
  if (session.class_name.starts_with('@')) session.class_name = session.home;
  session.sticky_ms = 0;
  session.agent = agent_id;
  agent.used += session.weight;
  agent.last_assigned_ms = now_;
  agent.turn = ++next_.turn;
  const int64_t day = DayOf(now_);
  if (agent.day < day) {
    agent.day = day;
    agent.today = 0;
  }
  ++agent.today;
  agent.held.push_back(session_id);
  const ClassSpec spec = Spec(session.class_name);
  if (spec.push == Push::kDirect || choice.direct) {
    BeginService(session_id);
    return;
  }
  session.state = SessionState::kOffered;
  session.offer = session.version + 1;
  session.until_ms = now_ + spec.offer_ms;
}

int64_t Step::DayOf(int64_t ms) const {
  constexpr int64_t kDayMs = 86'400'000;
  return (ms + next_.day_offset_ms) / kDayMs;
}

int64_t Step::OwnWeight(const SessionRecord& session, const std::string& class_name) const {
  return session.full_weight > 0 ? session.full_weight : Spec(class_name).weight;
}

int64_t Step::WeightServed(const SessionRecord& session) const {
  return session.held ? OwnWeight(session, session.class_name) : session.weight;
}

void Step::Reweigh(const std::string& id, int64_t weight) {
  SessionRecord& session = next_.sessions[id];
  next_.agents[session.agent].used += weight - session.weight;
  session.weight = weight;
  TouchAgent(session.agent);
}

void Step::Release(const std::string& session_id) {
  SessionRecord& session = next_.sessions[session_id];
  TouchAgent(session.agent);
  AgentRecord& agent = next_.agents[session.agent];
  std::erase(agent.held, session_id);
  agent.used -= session.weight;
  if (session.held || session.state == SessionState::kWrap) {
    session.held = false;
    session.weight = OwnWeight(session, session.class_name);
  }
  if (!session.offered()) session.last_agent = session.agent;
  session.agent.clear();
  session.until_ms = 0;
}

void Step::Close(const std::string& id, const std::string& cause) {
  TouchSession(id, cause);
  SessionRecord& session = next_.sessions[id];
  if (!session.agent.empty()) Release(id);
  session.state = SessionState::kClosed;
  session.excluded.clear();
  session.given.clear();
  session.since_ms = session.firm_ms = session.gone_ms = session.sticky_ms = 0;
  next_.tombstones[id] = now_;
  ++(cause == "abandoned" || cause == "gave_up" ? next_.abandoned : next_.closed);
}

bool Step::TakeAtOnce(const std::string& id, const std::string& cause) {
  const SessionRecord& session = next_.sessions[id];
  const ClassSpec spec = Spec(session.class_name);
  if (spec.strategy == Strategy::kManualClaim) return false;
  if (matches_ == 0) {
    AskAgain(session.class_name);
    return false;
  }
  int64_t looked_at = 0;
  for (const std::string& agent_id : AvailableIn(session.class_name)) {
    if (looked_at++ == policy_.max_skips) break;
    const AgentRecord& agent = next_.agents[agent_id];
    if (!agent.HasRoom(session.weight) || IsExcluded(session, agent_id)) continue;
    --matches_;
    Assign(id, agent_id, {.cause = cause, .how = "session", .score = ScoreOf(agent, spec)});
    return true;
  }
  return false;
}

void Step::Place(const std::string& id, const std::string& cause, const std::string& patron,
                 int64_t sticky_ms) {
  TouchSession(id, cause);
  SessionRecord& session = next_.sessions[id];
  session.state = SessionState::kClosed;  // stands nowhere yet
  if (session.since_ms == 0) session.since_ms = now_;
  Settle(id);
  if (session.gone_ms > 0) {
    session.state = SessionState::kWaiting;
    return;
  }
  bool crowded = !WaitingIn(session.class_name).empty();
  if (!crowded && TakeAtOnce(id, cause)) return;
  if (!patron.empty()) {
    session.class_name = PersonalClassOf(patron);
    session.sticky_ms = now_ + sticky_ms;
    crowded = false;
  }
  session.state = SessionState::kWaiting;
  if (crowded) Serve(session.class_name);
}

void Step::Serve(const std::string& class_name) {
  size_t index = 0;
  while (!WaitingIn(class_name).empty() && index < static_cast<size_t>(policy_.max_skips)) {
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
    const int64_t score = ScoreOf(next_.agents[available[index]], Spec(class_name));
    Assign(session, available[index], {.cause = "", .how = "session", .score = score});
  }
}

void Step::Drain(const std::string& agent_id) {
  const AgentRecord& agent = next_.agents[agent_id];
  if (!agent.eligible()) return;
  std::vector<std::string> classes = agent.classes;
  classes.push_back(PersonalClassOf(agent_id));
  while (true) {
    std::string best;
    for (const std::string& class_name : classes) {
      if (Spec(class_name).strategy == Strategy::kManualClaim) continue;
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
    Assign(best, agent_id, {.cause = "", .how = "agent", .score = next_.sessions[best].score});
  }
}

}  // namespace kefu::gateway::routing
