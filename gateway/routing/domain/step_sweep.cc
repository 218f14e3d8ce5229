// What time does, and going on with what a step left over.
#include <algorithm>
#include <utility>

#include "gateway/routing/domain/step.h"
#include "gateway/routing/domain/step_refusals.h"

namespace kefu::gateway::routing {
namespace {

// Names, among the targets of Match, an agent whose sessions have to go; one whose offers have to
// be taken back; a class that is no more.
constexpr std::string_view kLeave = "leave:";
constexpr std::string_view kRecall = "recall:";
constexpr std::string_view kRetire = "retire:";

std::string After(std::string_view prefix, const std::string& target) {
  return target.starts_with(prefix) ? target.substr(prefix.size()) : "";
}

}  // namespace

bool Step::Forsaken(const std::string& class_name) const {
  if (WaitingIn(class_name).empty() || class_name.starts_with('@')) return false;
  if (SuccessorOf(class_name) != class_name) return true;
  if (Spec(class_name).next.empty() || OnlineIn(class_name) > 0) return false;
  const std::vector<std::string> chain = ChainOf(class_name);
  return std::any_of(chain.begin(), chain.end(),
                     [this](const std::string& name) { return OnlineIn(name) > 0; });
}

bool Step::MoveOn(const std::string& class_name, int64_t limit) {
  std::vector<std::string> ids = WaitingIn(class_name);
  if (static_cast<int64_t>(ids.size()) > limit) ids.resize(limit);
  int64_t moved = 0;
  for (const std::string& id : ids) {
    Settle(id);
    Stir(id);
    if (next_.sessions[id].class_name != class_name) ++moved;
  }
  return moved == limit;
}

absl::StatusOr<Reply> Step::operator()(const Match& command) {
  const std::string& target = command.target;
  if (const std::string retired = After(kRetire, target); !retired.empty()) {
    if (Forsaken(retired) && MoveOn(retired, policy_.max_matches)) AskAgain(target);
    for (const std::string& name : ChainOf(retired)) Serve(name);
    return Commit();
  }
  if (!target.starts_with(kLeave) && !target.starts_with(kRecall) && FindAgent(target) == nullptr) {
    Serve(target);
    return Commit();
  }
  return MatchAgent(target);
}

Reply Step::MatchAgent(const std::string& target) {
  const std::string leaving = After(kLeave, target), losing = After(kRecall, target);
  const std::string id = !leaving.empty() ? leaving : !losing.empty() ? losing : target;
  const AgentRecord* agent = FindAgent(id);
  if (agent == nullptr || (!leaving.empty() && agent->presence != AgentPresence::kOffline) ||
      (!losing.empty() && agent->eligible())) {
    return Unchanged();
  }
  if (!losing.empty()) {
    RecallOffers(id, policy_.max_matches);
  } else if (leaving.empty()) {
    Drain(id);
  } else if (!GiveBack(id, policy_.max_matches, {.cause = "given_back"})) {
    AskAgain(target);
  } else if (!agent->connected()) {
    next_.leases.erase({.agent = id, .incarnation = agent->incarnation});
  }
  return Commit();
}

int64_t Step::Lapse(const Lease& lease, int64_t due_ms, int64_t left) {
  AgentRecord& agent = next_.agents[lease.agent];
  const auto held = static_cast<int64_t>(agent.held.size());
  auto given_back = [&agent, held] { return held - static_cast<int64_t>(agent.held.size()); };
  if (agent.readiness == AgentReadiness::kReady || agent.readiness == AgentReadiness::kMissed) {
    TouchAgent(lease.agent);
    agent.readiness = AgentReadiness::kSuspect;
    ReleasePersonal(lease.agent);
    next_.leases[lease] = due_ms + policy_.grace_ms;
    RecallOffers(lease.agent, left);
    return left - 1 - given_back();
  }
  if (agent.readiness == AgentReadiness::kSuspect) {
    TouchAgent(lease.agent);
    agent.presence = AgentPresence::kOffline;
    agent.readiness = AgentReadiness::kAbsent;
    ReleasePersonal(lease.agent);
    --left;
  }
  if (GiveBack(lease.agent, left, {.cause = "orphaned", .boost_ms = policy_.orphan_boost_ms})) {
    next_.leases.erase(lease);
  }
  return left - given_back();
}

void Step::Expire(const std::string& id) {
  const std::string agent_id = next_.sessions[id].agent;
  AgentRecord& agent = next_.agents[agent_id];
  ++agent.missed;
  const auto limit = static_cast<int64_t>(Spec(next_.sessions[id].class_name).missed_limit);
  const bool pauses = agent.readiness == AgentReadiness::kReady && agent.missed >= limit;
  TouchAgent(agent_id);
  if (pauses) {
    agent.readiness = AgentReadiness::kMissed;
    ReleasePersonal(agent_id);
  }
  ReturnOffer(id, "expired", /*exclude=*/true);
  Drain(agent_id);
  const bool more = std::any_of(agent.held.begin(), agent.held.end(), [this](const auto& other) {
    return next_.sessions[other].offered();
  });
  if (pauses && more) AskAgain(std::string(kRecall) + agent_id);
}

void Step::LookAgain(const std::string& id) {
  SessionRecord& session = next_.sessions[id];
  const int64_t limit = Spec(session.home).waiting_limit_ms;
  if (limit > 0 && now_ >= session.since_ms + limit) {
    Close(id, "gave_up");
  } else if (session.gone_ms > 0 && now_ >= session.gone_ms) {
    Close(id, "abandoned");
  } else if (session.gone_ms == 0) {
    if (session.sticky_ms > 0 && now_ >= session.sticky_ms) {
      session.class_name = session.home;
      session.sticky_ms = 0;
    }
    if (session.sticky_ms == 0) Settle(id);
  }
}

absl::StatusOr<Reply> Step::operator()(const Sweep& command) {
  // Due first, then by name, as the functions' sets order them.
  std::vector<std::pair<int64_t, Lease>> leases;
  for (const auto& [lease, due] : next_.leases) {
    if (due <= now_) leases.emplace_back(due, lease);
  }
  std::sort(leases.begin(), leases.end());
  std::vector<std::pair<int64_t, std::string>> timers;
  for (const auto& [session, due] : next_.timers) {
    if (due <= now_) timers.emplace_back(due, session);
  }
  std::sort(timers.begin(), timers.end());
  const auto limit = static_cast<size_t>(policy_.max_expiries);
  if (leases.size() > limit) leases.resize(limit);
  if (timers.size() > limit) timers.resize(limit);
  std::vector<std::string> wanting;
  for (const ClassSpec& spec : policy_.classes.all()) {
    if (Forsaken(spec.name)) wanting.push_back(spec.name);
  }

  int64_t left = policy_.max_expiries;
  for (const auto& [due, lease] : leases) {
    const AgentRecord* agent = FindAgent(lease.agent);
    if (agent == nullptr || agent->incarnation != lease.incarnation) {
      next_.leases.erase(lease);
    } else if (left > 0) {
      left = Lapse(lease, due, left);
    }
  }
  for (const auto& [due, id] : timers) {
    next_.timers.erase(id);
    SessionRecord& session = next_.sessions[id];
    session.due_ms = 0;
    Stir(id);
    const bool over = session.until_ms <= now_;
    if (session.offered() && over) {
      Expire(id);
    } else if (session.state == SessionState::kWrap && over) {
      const std::string owner = session.agent;
      Close(id, "wrapped");
      Drain(owner);
    } else if (session.waiting()) {
      LookAgain(id);
    }
  }
  for (const std::string& name : wanting) {
    if (MoveOn(name, policy_.max_matches)) AskAgain(std::string(kRetire) + name);
  }
  for (const ClassSpec& spec : policy_.classes.all()) Serve(spec.name);

  const bool nothing =
      leases.empty() && timers.empty() && touched_sessions_.empty() && stirred_.empty();
  Reply reply = nothing ? Unchanged() : Commit();
  next_.day_offset_ms = command.day_offset_ms.value_or(next_.day_offset_ms);
  std::optional<int64_t> next_due;
  auto consider = [&next_due](int64_t due) { next_due = std::min(next_due.value_or(due), due); };
  for (const auto& [lease, due] : next_.leases) consider(due);
  for (const auto& [session, due] : next_.timers) consider(due);
  reply.more = !again_.empty() || (next_due.has_value() && *next_due <= now_);
  reply.next_due_ms = next_due.value_or(0);
  return reply;
}

}  // namespace kefu::gateway::routing
