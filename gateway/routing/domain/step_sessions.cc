// What happens to sessions.
#include <algorithm>
#include <utility>

#include "gateway/routing/domain/step.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing {
namespace {

absl::Status NoSuchSession() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_SESSION", "There is no such session.");
}

absl::Status NoSuchAgent() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_AGENT", "There is no such agent.");
}

absl::Status Refused(std::string_view reason, std::string_view message) {
  return Error(absl::StatusCode::kFailedPrecondition, reason, message);
}

// Transfer and take-over may exceed the capacity, but not this.
bool BelowCeiling(const AgentRecord& agent, int64_t weight) {
  return agent.used + weight <= 2 * agent.capacity;
}

bool MayReceiveTransfers(const AgentRecord& agent) {
  return !agent.disabled && agent.readiness == AgentReadiness::kReady &&
         (agent.presence == AgentPresence::kOnline || agent.presence == AgentPresence::kBusy);
}

}  // namespace

absl::StatusOr<Reply> Step::operator()(const OpenSession& command) {
  const SessionRecord* known = FindSession(command.session);
  if (known != nullptr) {
    const bool counts_lives = !command.reopen || command.life > 0;
    if (known->live() || (counts_lives && known->life >= command.life)) return Unchanged();
  }

  SessionRecord session = known == nullptr ? SessionRecord{} : *known;
  const bool again = command.reopen || (known != nullptr && known->version > 0);
  const int64_t life = command.reopen && command.life == 0 ? session.life + 1 : command.life;
  // It had owners before, but nothing is left of it here: go on above all its former versions.
  if (session.version == 0 && (again || life > 0 || command.fence > 0)) session.version = now_;
  session.fence = std::max(session.fence, command.fence);
  session.life = life;
  session.class_name = command.class_name;
  session.weight = policy_.classes.Find(command.class_name).weight;
  session.boost_ms = command.boost_ms;
  session.category = command.category;
  session.language = command.language;
  session.enqueue_ms = now_;
  session.assign_ms = 0;
  session.excluded.clear();
  session.score = WaitScore(now_, origin(), command.boost_ms, next_.arrivals);
  ++next_.arrivals;
  next_.tombstones.erase(command.session);
  next_.sessions[command.session] = std::move(session);

  const std::string cause = again ? "reopened" : "arrived";
  TouchSession(command.session, cause);
  if (again || command.fence > 0) Move(command.session);
  const AgentRecord* preferred = FindAgent(command.preferred);
  if (preferred != nullptr && preferred->eligible() &&
      preferred->HasRoom(next_.sessions[command.session].weight)) {
    Assign(command.session, command.preferred, cause);
  } else {
    Place(command.session, cause);
  }
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const TransferSession& command) {
  SessionRecord* session = FindSession(command.session);
  if (session == nullptr) return NoSuchSession();
  if (!session->live()) return Refused("SESSION_CLOSED", "The session is closed.");
  const bool repeated = session->fence == command.fence + 1 && session->cause == "transferred" &&
                        session->last_agent == command.from &&
                        (command.to.empty() || session->agent == command.to);
  if (repeated) return Unchanged();
  if (session->fence != command.fence) {
    return Error(absl::StatusCode::kAborted, "STALE_FENCE", "The session changed hands.");
  }
  if (session->state != SessionState::kActive || session->agent != command.from) {
    return Refused("NOT_OWNER", "Only the owner of a session can transfer it.");
  }
  if (command.to == command.from) return Unchanged();
  if (!command.to.empty()) {
    const AgentRecord* to = FindAgent(command.to);
    if (to == nullptr) return NoSuchAgent();
    if (!MayReceiveTransfers(*to)) return Refused("AGENT_NOT_READY", "Choose another agent.");
    if (!BelowCeiling(*to, session->weight)) return Refused("AGENT_FULL", "Choose another agent.");
  }

  TouchSession(command.session, "transferred");
  Move(command.session);
  Release(command.session);
  if (!command.to.empty()) {
    Assign(command.session, command.to, "transferred");
  } else {
    session->excluded.push_back({command.from, now_ + policy_.exclusion_ms});
    Place(command.session, "transferred");
  }
  Drain(command.from);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const TakeOverSession& command) {
  const SessionRecord* session = FindSession(command.session);
  const AgentRecord* by = FindAgent(command.by);
  if (session == nullptr) return NoSuchSession();
  if (by == nullptr) return NoSuchAgent();
  if (!session->live()) return Refused("SESSION_CLOSED", "The session is closed.");
  if (session->agent == command.by) return Unchanged();
  if (by->disabled || !by->connected()) return Refused("AGENT_NOT_READY", "Connect first.");
  if (!BelowCeiling(*by, session->weight)) return Refused("AGENT_FULL", "Close a session first.");

  const std::string owner = session->agent;
  TouchSession(command.session, "taken_over");
  if (!owner.empty()) Release(command.session);
  Assign(command.session, command.by, "taken_over");
  if (!owner.empty()) Drain(owner);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const CompleteSession& command) {
  SessionRecord* session = FindSession(command.session);
  if (session == nullptr || !session->live()) {
    if (session != nullptr && session->life >= command.life.value_or(0)) return Unchanged();
    // Closed before it arrived: a tombstone keeps the delayed arrival out.
    next_.sessions[command.session].life = command.life.value_or(0);
    next_.tombstones[command.session] = now_;
    return Commit();
  }
  if (command.life.has_value() && session->life > *command.life) return Unchanged();

  TouchSession(command.session, "closed");
  const std::string owner = session->agent;
  if (session->waiting() && !session->excluded.empty()) next_.timers.erase(command.session);
  if (!owner.empty()) Release(command.session);
  session->state = SessionState::kClosed;
  session->life = command.life.value_or(session->life);
  session->excluded.clear();
  next_.tombstones[command.session] = now_;
  ++next_.closed;
  if (!owner.empty()) Drain(owner);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const ForgetClosed& command) {
  constexpr size_t kMaxDrops = 100;
  std::vector<std::pair<int64_t, std::string>> old;
  for (const auto& [id, since] : next_.tombstones) {
    if (since <= command.before_ms) old.emplace_back(since, id);
  }
  std::sort(old.begin(), old.end());
  if (old.size() > kMaxDrops) old.resize(kMaxDrops);
  for (const auto& [since, id] : old) {
    next_.tombstones.erase(id);
    next_.sessions.erase(id);
  }
  return Unchanged();
}

}  // namespace kefu::gateway::routing
