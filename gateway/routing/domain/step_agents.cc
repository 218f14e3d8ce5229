// What happens to agents.
#include <algorithm>
#include <utility>

#include "gateway/routing/domain/step.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing {
namespace {

// Names, among the targets of Match, an agent whose sessions have to go.
constexpr std::string_view kLeave = "leave:";

absl::Status NotReady() {
  return Error(absl::StatusCode::kFailedPrecondition, "AGENT_NOT_READY",
               "Open the stream of the agent first.");
}

Lease LeaseOf(const std::string& id, const AgentRecord& agent) {
  return {.agent = id, .incarnation = agent.incarnation};
}

}  // namespace

absl::StatusOr<Reply> Step::operator()(const ConnectAgent& command) {
  const AgentRecord* known = FindAgent(command.agent);
  const bool newer = command.config_version > (known == nullptr ? 0 : known->config_version);
  if (known != nullptr && known->disabled && !newer) return NotReady();

  TouchAgent(command.agent);
  AgentRecord& agent = next_.agents[command.agent];
  next_.leases.erase(LeaseOf(command.agent, agent));
  ++agent.incarnation;
  if (agent.readiness != AgentReadiness::kMissed) agent.readiness = AgentReadiness::kReady;
  if (newer) {
    agent.config_version = command.config_version;
    agent.capacity = command.capacity;
    agent.classes = command.classes;
    agent.disabled = false;
  }
  next_.leases[LeaseOf(command.agent, agent)] = now_ + policy_.lease_ms;
  Drain(command.agent);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const SetProfile& command) {
  const AgentRecord* known = FindAgent(command.agent);
  if (command.config_version <= (known == nullptr ? 0 : known->config_version)) return Unchanged();

  TouchAgent(command.agent);
  AgentRecord& agent = next_.agents[command.agent];
  agent.config_version = command.config_version;
  agent.capacity = command.capacity;
  agent.classes = command.classes;
  agent.disabled = command.disabled;
  if (!command.disabled) {
    Drain(command.agent);
    return Commit();
  }
  next_.leases.erase(LeaseOf(command.agent, agent));
  agent.presence = AgentPresence::kOffline;
  agent.readiness = AgentReadiness::kAbsent;
  if (!GiveBack(command.agent, policy_.max_matches, "given_back", 0)) {
    // The sweep goes on with it at once, whoever calls it.
    next_.leases[LeaseOf(command.agent, agent)] = now_;
    AskAgain(std::string(kLeave) + command.agent);
  }
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const SetPresence& command) {
  AgentRecord* agent = FindAgent(command.agent);
  if (agent == nullptr) {
    return Error(absl::StatusCode::kNotFound, "NO_SUCH_AGENT", "There is no such agent.");
  }
  const bool leaves = command.presence == AgentPresence::kOffline;
  if (!leaves && (agent->disabled || !agent->connected())) return NotReady();

  const bool rested =
      command.presence == AgentPresence::kOnline && agent->readiness == AgentReadiness::kMissed;
  if (agent->presence != command.presence || rested) {
    agent->presence = command.presence;
    if (rested) agent->readiness = AgentReadiness::kReady;
    TouchAgent(command.agent);
  }
  if (!leaves) {
    Drain(command.agent);
  } else if (!GiveBack(command.agent, policy_.max_matches, "given_back", 0)) {
    AskAgain(std::string(kLeave) + command.agent);
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

absl::StatusOr<Reply> Step::operator()(const Match& command) {
  const std::vector<ClassSpec>& classes = policy_.classes.all();
  if (std::any_of(classes.begin(), classes.end(),
                  [&command](const ClassSpec& spec) { return spec.name == command.target; })) {
    Serve(command.target);
    return Commit();
  }
  const bool leaves = command.target.starts_with(kLeave);
  const std::string id = leaves ? command.target.substr(kLeave.size()) : command.target;
  const AgentRecord* agent = FindAgent(id);
  if (agent == nullptr || (leaves && agent->presence != AgentPresence::kOffline)) {
    return Unchanged();
  }
  if (!leaves) {
    Drain(id);
  } else if (!GiveBack(id, policy_.max_matches, "given_back", 0)) {
    AskAgain(command.target);
  } else if (!agent->connected()) {
    next_.leases.erase(LeaseOf(id, *agent));
  }
  return Commit();
}

int64_t Step::Lapse(const Lease& lease, int64_t due_ms, int64_t left) {
  AgentRecord& agent = next_.agents[lease.agent];
  if (agent.readiness == AgentReadiness::kReady || agent.readiness == AgentReadiness::kMissed) {
    TouchAgent(lease.agent);
    agent.readiness = AgentReadiness::kSuspect;
    next_.leases[lease] = due_ms + policy_.grace_ms;
    return left - 1;
  }
  if (agent.readiness == AgentReadiness::kSuspect) {
    TouchAgent(lease.agent);
    agent.presence = AgentPresence::kOffline;
    agent.readiness = AgentReadiness::kAbsent;
    --left;
  }
  const auto held = static_cast<int64_t>(agent.held.size());
  if (GiveBack(lease.agent, left, "orphaned", policy_.orphan_boost_ms)) next_.leases.erase(lease);
  return left - (held - static_cast<int64_t>(agent.held.size()));
}

absl::StatusOr<Reply> Step::operator()(const Sweep&) {
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

  int64_t left = policy_.max_expiries;
  for (const auto& [due, lease] : leases) {
    const AgentRecord* agent = FindAgent(lease.agent);
    if (agent == nullptr || agent->incarnation != lease.incarnation) {
      next_.leases.erase(lease);
    } else if (left > 0) {
      left = Lapse(lease, due, left);
    }
  }
  for (const auto& [due, session] : timers) next_.timers.erase(session);
  for (const ClassSpec& spec : policy_.classes.all()) Serve(spec.name);

  std::optional<int64_t> next_due;
  auto consider = [&next_due](int64_t due) { next_due = std::min(next_due.value_or(due), due); };
  for (const auto& [lease, due] : next_.leases) consider(due);
  for (const auto& [session, due] : next_.timers) consider(due);
  const bool nothing = leases.empty() && timers.empty() && touched_sessions_.empty();
  Reply reply = nothing ? Unchanged() : Commit();
  reply.more = !again_.empty() || (next_due.has_value() && *next_due <= now_);
  reply.next_due_ms = next_due.value_or(0);
  return reply;
}

}  // namespace kefu::gateway::routing
