// What happens to agents.
#include <algorithm>
#include <utility>

#include "gateway/routing/domain/step.h"
#include "gateway/routing/domain/step_refusals.h"

namespace kefu::gateway::routing {
namespace {

absl::Status NotReady() {
  return Refused("AGENT_NOT_READY", "Open the stream of the agent first.");
}

Lease LeaseOf(const std::string& id, const AgentRecord& agent) {
  return {.agent = id, .incarnation = agent.incarnation};
}

// One of the two versions is newer, and none older.
template <class Profile>
bool IsNews(const AgentRecord& agent, const Profile& profile) {
  const int64_t plan_version = profile.plan_version.value_or(agent.plan_version);
  return profile.config_version >= agent.config_version && plan_version >= agent.plan_version &&
         (profile.config_version > agent.config_version || plan_version > agent.plan_version);
}

template <class Profile>
void TakeProfile(const Profile& profile, AgentRecord& agent) {
  agent.config_version = profile.config_version;
  agent.capacity = profile.capacity;
  // Who knows of no plans leaves the classes that a plan gave alone.
  if (!profile.plan_version.has_value() && agent.plan_version > 0) return;
  agent.plan_version = profile.plan_version.value_or(0);
  agent.classes = profile.classes;
  agent.levels = profile.levels;
  const bool plain = std::all_of(agent.levels.begin(), agent.levels.end(),
                                 [](int64_t level) { return level == 0; });
  if (plain) agent.levels.clear();
}

}  // namespace

absl::StatusOr<Reply> Step::operator()(const ConnectAgent& command) {
  const AgentRecord* known = FindAgent(command.agent);
  const AgentRecord before = known == nullptr ? AgentRecord{} : *known;
  const bool news = IsNews(before, command);
  if (before.disabled && !(news && command.config_version > before.config_version)) {
    return NotReady();
  }

  TouchAgent(command.agent);
  AgentRecord& agent = next_.agents[command.agent];
  next_.leases.erase(LeaseOf(command.agent, agent));
  ++agent.incarnation;
  if (agent.readiness != AgentReadiness::kMissed) agent.readiness = AgentReadiness::kReady;
  if (news) {
    TakeProfile(command, agent);
    agent.disabled = false;
  }
  ReleasePersonal(command.agent);
  next_.leases[LeaseOf(command.agent, agent)] = now_ + policy_.lease_ms;
  Drain(command.agent);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const SetProfile& command) {
  const AgentRecord* known = FindAgent(command.agent);
  if (!IsNews(known == nullptr ? AgentRecord{} : *known, command)) return Unchanged();

  TouchAgent(command.agent);
  AgentRecord& agent = next_.agents[command.agent];
  TakeProfile(command, agent);
  agent.disabled = command.disabled;
  if (!command.disabled) {
    ReleasePersonal(command.agent);
    Drain(command.agent);
    return Commit();
  }
  next_.leases.erase(LeaseOf(command.agent, agent));
  agent.presence = AgentPresence::kOffline;
  agent.readiness = AgentReadiness::kAbsent;
  ReleasePersonal(command.agent);
  if (!GiveBack(command.agent, policy_.max_matches, {.cause = "given_back"})) {
    // The sweep goes on with it at once, whoever calls it.
    next_.leases[LeaseOf(command.agent, agent)] = now_;
    AskAgain("leave:" + command.agent);
  }
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const SetPresence& command) {
  AgentRecord* agent = FindAgent(command.agent);
  if (agent == nullptr) return NoSuchAgent();
  const bool leaves = command.presence == AgentPresence::kOffline;
  if (!leaves && (agent->disabled || !agent->connected())) return NotReady();

  const bool rested =
      command.presence == AgentPresence::kOnline && agent->readiness == AgentReadiness::kMissed;
  if (agent->presence != command.presence || rested) {
    agent->presence = command.presence;
    if (rested) {
      agent->readiness = AgentReadiness::kReady;
      agent->missed = 0;
    }
    TouchAgent(command.agent);
    ReleasePersonal(command.agent);
  }
  if (leaves) {
    if (!GiveBack(command.agent, policy_.max_matches, {.cause = "given_back"})) {
      AskAgain("leave:" + command.agent);
    }
  } else if (command.presence != AgentPresence::kOnline) {
    RecallOffers(command.agent, policy_.max_matches);
  } else {
    Drain(command.agent);
  }
  if (touched_agents_.empty()) return Unchanged();
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const Heartbeat& command) {
  std::vector<std::string> gone, back;
  for (const auto& [id, incarnation] : command.connections) {
    AgentRecord* agent = FindAgent(id);
    if (agent == nullptr || agent->incarnation != incarnation || !agent->connected()) {
      gone.push_back(id);
      continue;
    }
    next_.leases[LeaseOf(id, *agent)] = now_ + policy_.lease_ms;
    if (agent->readiness == AgentReadiness::kSuspect) {
      agent->readiness = AgentReadiness::kReady;
      TouchAgent(id);
      back.push_back(id);
    }
  }
  Reply reply = Commit();
  reply.gone = std::move(gone);
  reply.back = std::move(back);
  return reply;
}

bool Step::GiveBack(const std::string& agent_id, int64_t limit, const GiveBackOptions& options) {
  const AgentRecord& agent = next_.agents[agent_id];
  auto first = [this, &agent, &options] {
    return std::find_if(agent.held.begin(), agent.held.end(), [&](const std::string& id) {
      return !options.offers_only || next_.sessions[id].offered();
    });
  };
  for (; first() != agent.held.end() && limit > 0; --limit) {
    const std::string id = *first();
    SessionRecord& session = next_.sessions[id];
    if (session.state == SessionState::kWrap) {
      Close(id, "wrapped");
      continue;
    }
    const bool served = session.state == SessionState::kActive;
    const std::string cause = served ? options.cause : "recalled";
    TouchSession(id, cause);
    Move(id);
    Release(id);
    if (served && session.boost_ms < options.boost_ms) {
      session.score -= (options.boost_ms - session.boost_ms) * 1024;
      session.boost_ms = options.boost_ms;
    }
    Place(id, cause);
  }
  return first() == agent.held.end();
}

void Step::RecallOffers(const std::string& agent, int64_t limit) {
  if (next_.agents[agent].eligible()) return;
  if (!GiveBack(agent, limit, {.cause = "recalled", .offers_only = true})) {
    AskAgain("recall:" + agent);
  }
}

void Step::ReleasePersonal(const std::string& agent) {
  if (next_.agents[agent].eligible()) return;
  for (const std::string& id : WaitingIn(PersonalClassOf(agent))) {
    next_.sessions[id].sticky_ms = now_;
    Stir(id);
  }
}

}  // namespace kefu::gateway::routing
