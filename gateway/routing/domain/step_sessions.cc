// How a session's life begins and ends.
#include <algorithm>
#include <utility>

#include "gateway/routing/domain/step.h"
#include "gateway/routing/domain/step_refusals.h"

namespace kefu::gateway::routing {
namespace {

// Without having been served.
bool LeftTheQueue(const SessionRecord& session) {
  return !session.live() &&
         (session.cause == "parked" || session.cause == "gave_up" || session.cause == "abandoned");
}

}  // namespace

absl::StatusOr<Reply> Step::operator()(const OpenSession& command) {
  const SessionRecord* known = FindSession(command.session);
  const bool wraps = known != nullptr && known->state == SessionState::kWrap;
  if (known != nullptr) {
    const bool counts_lives = !command.reopen || command.life > 0;
    const bool back = command.kept && known->life == command.life && LeftTheQueue(*known);
    if ((known->live() && !wraps) || (counts_lives && known->life >= command.life && !back)) {
      return Unchanged();
    }
  }
  const bool again = command.reopen || (known != nullptr && known->version > 0);
  const int64_t life =
      command.reopen && command.life == 0 ? (known == nullptr ? 0 : known->life) + 1 : command.life;
  OpenSession opening = command;
  opening.class_name = SuccessorOf(command.class_name);
  return wraps ? Resume(opening, life) : OpenAnew(opening, again, life);
}

void Step::BeginLife(const OpenSession& command, bool again, int64_t life) {
  SessionRecord& session = next_.sessions[command.session];
  // It had owners before, but nothing is left of it here: go on above all its former versions.
  if (session.version == 0 && (again || command.kept || life > 0 || command.fence > 0))
    session.version = now_;
  session.fence = std::max(session.fence, command.fence);
  session.life = life;
  session.class_name = session.home = command.class_name;
  session.full_weight = command.weight;
  session.weight = OwnWeight(session, command.class_name);
  session.boost_ms = command.boost_ms;
  session.category = command.category;
  session.language = command.language;
  session.enqueue_ms = session.group_ms = now_;
  session.assign_ms = 0;
  session.why.clear();
  next_.order = NextPlace(now_, origin(), next_.order);
  session.score = WaitScore(next_.order, command.boost_ms);
  ++next_.arrivals;
}

absl::StatusOr<Reply> Step::OpenAnew(const OpenSession& command, bool again, int64_t life) {
  const ClassSpec spec = Spec(command.class_name);
  const AgentRecord* preferred = FindAgent(command.preferred);
  if (preferred != nullptr && !preferred->eligible()) preferred = nullptr;
  const int64_t weight = command.weight > 0 ? command.weight : spec.weight;
  const int64_t sticky_ms = command.sticky_ms.value_or(spec.sticky_ms);
  const bool at_once = preferred != nullptr && preferred->HasRoom(weight);
  if (!at_once && !command.kept && QueueIsFull(command.class_name)) return QueueFull();
  const auto personal = static_cast<int64_t>(WaitingIn(PersonalClassOf(command.preferred)).size());
  const bool sticky = preferred != nullptr && !at_once && sticky_ms > 0 &&
                      spec.strategy != Strategy::kManualClaim && personal < policy_.max_personal;

  BeginLife(command, again, life);
  next_.tombstones.erase(command.session);
  const std::string cause = again ? "reopened" : "arrived";
  TouchSession(command.session, cause);
  if (again || command.fence > 0) Move(command.session);
  if (at_once) {
    Assign(command.session, command.preferred,
           {.cause = cause, .how = "last", .score = 0, .direct = true});
  } else {
    Place(command.session, cause, sticky ? command.preferred : "", sticky_ms);
  }
  return Commit();
}

absl::StatusOr<Reply> Step::Resume(const OpenSession& command, int64_t life) {
  SessionRecord& session = next_.sessions[command.session];
  const std::string owner = session.agent;
  AgentRecord& agent = next_.agents[owner];
  const int64_t weight = command.weight > 0 ? command.weight : Spec(command.class_name).weight;
  const int64_t more = weight - session.weight;
  if (!agent.TakesByHand() || !agent.BelowCeiling(more)) {
    if (QueueIsFull(command.class_name)) return QueueFull();
    Close(command.session, "wrapped");
    Drain(owner);
    OpenSession opening = command;
    opening.preferred.clear();
    return OpenAnew(opening, /*again=*/true, life);
  }
  TouchSession(command.session, "resumed");
  Move(command.session);
  agent.used += more;
  TouchAgent(owner);
  ++next_.closed;
  BeginLife(command, /*again=*/true, life);
  BeginService(command.session);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const CompleteSession& command) {
  SessionRecord* session = FindSession(command.session);
  const bool over =
      session != nullptr && (!session->live() || session->state == SessionState::kWrap);
  if (over && session->life >= command.life.value_or(0)) {
    if (session->life != command.life || !LeftTheQueue(*session)) return Unchanged();
    // It does not come back any more.
    TouchSession(command.session, "closed");
    return Commit();
  }
  if (session == nullptr || !session->live()) {
    // Closed before it arrived: a tombstone keeps the delayed arrival out.
    next_.sessions[command.session].life = command.life.value_or(0);
    next_.tombstones[command.session] = now_;
    return Commit();
  }
  if (command.life.has_value() && session->life > *command.life) return Unchanged();

  const std::string owner = session->agent;
  const ClassSpec spec = Spec(session->class_name);
  session->life = command.life.value_or(session->life);
  if (session->state == SessionState::kActive && spec.wrap_ms > 0 &&
      next_.agents[owner].TakesByHand()) {
    TouchSession(command.session, "closed");
    Reweigh(command.session, spec.wrap_weight);
    session->state = SessionState::kWrap;
    session->held = false;
    session->until_ms = now_ + spec.wrap_ms;
  } else {
    Close(command.session, "closed");
  }
  if (!owner.empty()) Drain(owner);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const FinishSession& command) {
  const SessionRecord* session = FindSession(command.session);
  if (session == nullptr) return NoSuchSession();
  if (!session->live()) return Unchanged();
  if (session->state != SessionState::kWrap || session->agent != command.agent) {
    return Refused("NOT_OWNER", "Only the agent who wraps a session up can finish it.");
  }
  Close(command.session, "wrapped");
  Drain(command.agent);
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
