// Offers, and buyers who go away while they wait.
#include <utility>

#include "gateway/routing/domain/step.h"
#include "gateway/routing/domain/step_refusals.h"

namespace kefu::gateway::routing {
namespace {

absl::Status StaleOffer() { return Aborted("STALE_OFFER", "The offer is over."); }

}  // namespace

absl::StatusOr<Reply> Step::operator()(const AcceptOffer& command) {
  const SessionRecord* session = FindSession(command.session);
  AgentRecord* agent = FindAgent(command.agent);
  if (session == nullptr) return NoSuchSession();
  if (agent == nullptr) return NoSuchAgent();
  if (session->agent != command.agent || session->offer != command.offer ||
      agent->incarnation != command.incarnation) {
    return StaleOffer();
  }
  if (session->state == SessionState::kActive) return Unchanged();
  if (!session->offered()) return StaleOffer();
  TouchSession(command.session, "accepted");
  BeginService(command.session);
  if (agent->missed > 0) {
    agent->missed = 0;
    TouchAgent(command.agent);
  }
  return Commit();
}

void Step::ReturnOffer(const std::string& id, const std::string& cause, bool exclude) {
  const std::string agent = next_.sessions[id].agent;
  TouchSession(id, cause);
  Move(id);
  Release(id);
  if (exclude) Exclude(id, agent, policy_.firm_ms);
  Place(id, cause);
}

absl::StatusOr<Reply> Step::operator()(const DeclineOffer& command) {
  const SessionRecord* session = FindSession(command.session);
  if (session == nullptr) return NoSuchSession();
  const bool pending =
      session->offered() && session->agent == command.agent && session->offer == command.offer;
  if (!pending) {
    const bool repeated =
        session->offer == command.offer && session->cause == "declined" && session->waiting();
    if (repeated) return Unchanged();
    return StaleOffer();
  }
  ReturnOffer(command.session, "declined", /*exclude=*/true);
  Drain(command.agent);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const RecallOffer& command) {
  const SessionRecord* session = FindSession(command.session);
  if (session == nullptr) return NoSuchSession();
  if (!session->offered()) return Unchanged();
  const std::string agent = session->agent;
  ReturnOffer(command.session, "recalled", /*exclude=*/true);
  Drain(agent);
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const SetBuyerPresent& command) {
  SessionRecord* session = FindSession(command.session);
  if (session == nullptr) return NoSuchSession();
  const bool concerned = session->waiting() || session->offered();
  if (!concerned || command.present == (session->gone_ms == 0)) return Unchanged();
  if (!command.present) {
    TouchSession(command.session, "buyer_away");
    if (session->sticky_ms > 0) {
      session->class_name = session->home;
      session->sticky_ms = 0;
    }
    session->gone_ms = now_ + policy_.buyer_grace_ms;
    return Commit();
  }
  TouchSession(command.session, "buyer_back");
  session->gone_ms = 0;
  if (session->waiting()) Place(command.session, "buyer_back");
  return Commit();
}

absl::StatusOr<Reply> Step::operator()(const AbandonSession& command) {
  const SessionRecord* session = FindSession(command.session);
  if (session == nullptr) return NoSuchSession();
  if (!session->live() || session->state == SessionState::kWrap) return Unchanged();
  if (session->state == SessionState::kActive) return Refused("NOT_WAITING", "It is served.");
  const std::string owner = session->agent;
  Close(command.session, command.park ? "parked" : "abandoned");
  if (!owner.empty()) Drain(owner);
  return Commit();
}

}  // namespace kefu::gateway::routing
