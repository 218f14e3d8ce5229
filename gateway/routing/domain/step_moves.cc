// What people do with sessions.
#include <algorithm>
#include <utility>

#include "gateway/routing/domain/step.h"
#include "gateway/routing/domain/step_refusals.h"

namespace kefu::gateway::routing {
namespace {

bool IsOver(const SessionRecord& session) {
  return !session.live() || session.state == SessionState::kWrap;
}

}  // namespace

absl::StatusOr<Reply> Step::operator()(const TransferSession& command) {
  SessionRecord* session = FindSession(command.session);
  if (session == nullptr) return NoSuchSession();
  if (IsOver(*session)) return SessionClosed();
  const bool repeated = session->fence == command.fence + 1 && session->cause == "transferred" &&
                        session->last_agent == command.from &&
                        (command.to.empty() || session->agent == command.to);
  if (repeated) return Unchanged();
  if (session->fence != command.fence) return Aborted("STALE_FENCE", "It changed hands.");
  if (session->state != SessionState::kActive || session->agent != command.from) {
    return Refused("NOT_OWNER", "Only the owner of a session can transfer it.");
  }
  if (command.to == command.from) return Unchanged();
  if (!command.to.empty()) {
    const AgentRecord* to = FindAgent(command.to);
    if (to == nullptr) return NoSuchAgent();
    if (!to->TakesByHand()) return Refused("AGENT_NOT_READY", "Choose another agent.");
    if (!to->BelowCeiling(WeightServed(*session))) {
      return Refused("AGENT_FULL", "Choose another agent.");
    }
  }

  TouchSession(command.session, "transferred");
  Move(command.session);
  Release(command.session);
  if (!command.to.empty()) {
    Assign(command.session, command.to,
           {.cause = "transferred", .how = "hand", .score = 0, .direct = true});
  } else {
    GiveAway(command.session, command.from);
    Place(command.session, "transferred");
  }
  Drain(command.from);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const RequeueSession& command) {
  SessionRecord* session = FindSession(command.session);
  if (session == nullptr) return NoSuchSession();
  const std::string class_name =
      SuccessorOf(command.class_name.empty() ? session->home : command.class_name);
  if (IsOver(*session)) return SessionClosed();
  const bool by_owner = !command.from.empty();
  if (!by_owner && !command.fence.has_value() && session->cause == "requeued" &&
      session->home == class_name) {
    return Unchanged();
  }
  if (command.fence.has_value()) {
    const bool repeated = session->fence == *command.fence + 1 && session->home == class_name &&
                          (session->cause == "transferred" || session->cause == "requeued") &&
                          (!by_owner || session->last_agent == command.from);
    if (repeated) return Unchanged();
    if (session->fence != *command.fence) return Aborted("STALE_FENCE", "It changed hands.");
  }
  if (by_owner && (session->state != SessionState::kActive || session->agent != command.from)) {
    return Refused("NOT_OWNER", "Only the owner of a session can transfer it.");
  }
  if (session->home != class_name && QueueIsFull(class_name)) return QueueFull();

  const std::string owner = session->agent;
  const std::string cause = by_owner ? "transferred" : "requeued";
  TouchSession(command.session, cause);
  if (!by_owner) session->given.clear();
  if (!owner.empty()) {
    Move(command.session);
    Release(command.session);
    if (by_owner) {
      GiveAway(command.session, owner);
    } else {
      Exclude(command.session, owner, 0);
    }
  }
  if (session->home != class_name) {
    session->group_ms = now_;
    session->weight = OwnWeight(*session, class_name);
    session->home = session->class_name = class_name;
  } else if (session->class_name.starts_with('@')) {
    session->class_name = class_name;
  }
  session->sticky_ms = 0;
  Place(command.session, cause);
  if (!owner.empty()) Drain(owner);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const TakeOverSession& command) {
  const SessionRecord* session = FindSession(command.session);
  const AgentRecord* by = FindAgent(command.by);
  if (session == nullptr) return NoSuchSession();
  if (by == nullptr) return NoSuchAgent();
  if (IsOver(*session)) return SessionClosed();
  const bool own = session->agent == command.by;
  if (own && session->state == SessionState::kActive) return Unchanged();
  if (by->disabled || !by->connected()) return Refused("AGENT_NOT_READY", "Connect first.");
  if (!own && !by->BelowCeiling(WeightServed(*session))) {
    return Refused("AGENT_FULL", "Close a session first.");
  }

  const std::string owner = session->agent;
  TouchSession(command.session, "taken_over");
  if (own) {  // what it was offered
    BeginService(command.session);
    return Commit();
  }
  if (!owner.empty()) Release(command.session);
  Assign(command.session, command.by,
         {.cause = "taken_over", .how = "hand", .score = 0, .direct = true});
  if (!owner.empty()) Drain(owner);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const ClaimSession& command) {
  const SessionRecord* session = FindSession(command.session);
  const AgentRecord* agent = FindAgent(command.agent);
  if (session == nullptr) return NoSuchSession();
  if (agent == nullptr) return NoSuchAgent();
  if (IsOver(*session)) return SessionClosed();
  if (session->state == SessionState::kActive && session->agent == command.agent) {
    return Unchanged();
  }
  if (!session->waiting()) return Aborted("ALREADY_TAKEN", "Another agent was quicker.");
  if (Spec(session->class_name).strategy != Strategy::kManualClaim) {
    return Refused("NOT_CLAIMABLE", "The sessions of this group are given out.");
  }
  if (!agent->TakesByHand()) return Refused("AGENT_NOT_READY", "Go online or busy first.");
  if (!agent->Serves(session->class_name)) return Refused("NOT_IN_GROUP", "It is not for you.");
  if (!agent->BelowCeiling(session->weight)) return Refused("AGENT_FULL", "Close one first.");
  Assign(command.session, command.agent,
         {.cause = "claimed", .how = "hand", .score = 0, .direct = true});
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const HoldSession& command) {
  SessionRecord* session = FindSession(command.session);
  if (session == nullptr) return NoSuchSession();
  if (IsOver(*session)) return SessionClosed();
  if (session->fence != command.fence) return Aborted("STALE_FENCE", "It changed hands.");
  if (session->state != SessionState::kActive || session->agent != command.agent) {
    return Refused("NOT_OWNER", "Only the owner of a session can put it on hold.");
  }
  if (session->held) return Unchanged();
  TouchSession(command.session, "held");
  Reweigh(command.session, Spec(session->class_name).held_weight);
  session->held = true;
  Drain(command.agent);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const UnholdSession& command) {
  SessionRecord* session = FindSession(command.session);
  if (session == nullptr) return NoSuchSession();
  if (IsOver(*session)) return SessionClosed();
  if (!command.agent.empty() && session->agent != command.agent) {
    return Refused("NOT_OWNER", "Only the owner of a session can go on with it.");
  }
  if (!session->held) return Unchanged();
  const AgentRecord& owner = next_.agents[session->agent];
  const int64_t weight = WeightServed(*session);
  if (!owner.BelowCeiling(weight - session->weight)) return Refused("AGENT_FULL", "Close one.");
  TouchSession(command.session, "unheld");
  Reweigh(command.session, weight);
  session->held = false;
  return Commit();
}

}  // namespace kefu::gateway::routing
