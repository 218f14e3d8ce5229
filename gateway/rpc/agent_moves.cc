#include "gateway/rpc/agent_moves.h"

#include <optional>
#include <utility>

#include "gateway/rpc/agent_calls.h"
#include "gateway/rpc/conversation_calls.h"
#include "gateway/rpc/methods.h"
#include "services/common/base/failpoint.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

// A method's answer that is the session.
template <class Response>
absl::StatusOr<Response> With(absl::StatusOr<v1::Session> session) {
  if (!session.ok()) return session.status();
  Response response;
  *response.mutable_session() = *std::move(session);
  return response;
}

bool IsOfferedTo(const routing::SessionChange& change, const AgentId& agent, uint64_t offer) {
  return change.session.state() == v1::Session::STATE_OFFERED && change.offer == offer &&
         change.session.agent() == agent.str();
}

bool HasAccepted(const routing::SessionChange& change, const AgentId& agent, uint64_t offer) {
  return change.session.state() == v1::Session::STATE_ACTIVE && change.offer == offer &&
         change.session.agent() == agent.str();
}

absl::Status NoOffer() {
  return InvalidField("offer", "Name the offer; it stands in the session's frame.");
}

}  // namespace

void AgentMoves::Register(Registry& registry) {
  Methods<AgentMoves>(registry, "kefu.gateway.v1.AgentService", this)
      .Unary("AcceptOffer", &AgentMoves::AcceptOffer)
      .Unary("DeclineOffer", &AgentMoves::DeclineOffer)
      .Unary("RecallOffer", &AgentMoves::RecallOffer)
      .Unary("ClaimSession", &AgentMoves::ClaimSession)
      .Unary("HoldSession", &AgentMoves::HoldSession)
      .Unary("ResumeSession", &AgentMoves::ResumeSession)
      .Unary("FinishWrapUp", &AgentMoves::FinishWrapUp)
      .Unary("TransferSession", &AgentMoves::TransferSession)
      .Unary("TakeOverSession", &AgentMoves::TakeOverSession)
      .Unary("RequeueSession", &AgentMoves::RequeueSession)
      .Unary("CloseSession", &AgentMoves::CloseSession)
      .Unary("ReopenSession", &AgentMoves::ReopenSession);
}

// Offers and claims

Task<absl::StatusOr<v1::AcceptOfferResponse>> AgentMoves::AcceptOffer(
    CallContext context, v1::AcceptOfferRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  if (request.offer() == 0) co_return NoOffer();
  uint64_t incarnation = request.incarnation();
  if (incarnation == 0) {
    absl::StatusOr<routing::AgentSnapshot> snapshot =
        co_await parts_.router.GetAgent(context.shop(), agent);
    if (!snapshot.ok()) co_return snapshot.status();
    incarnation = snapshot->agent.incarnation();
  }
  absl::StatusOr<routing::Outcome> accepted =
      co_await parts_.router.Accept(context.shop(), session, agent, incarnation, request.offer());
  co_return With<v1::AcceptOfferResponse>(
      co_await parts_.flow.Announced(context.scope, context.shop(), session, std::move(accepted)));
}

Task<absl::StatusOr<v1::DeclineOfferResponse>> AgentMoves::DeclineOffer(
    CallContext context, v1::DeclineOfferRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  if (request.offer() == 0) co_return NoOffer();
  KEFU_CO_RETURN_IF_ERROR(CheckReason(request.reason()));
  absl::StatusOr<routing::SessionChange> before =
      co_await parts_.router.GetRouting(context.shop(), session);
  if (!before.ok()) co_return before.status();
  if (HasAccepted(*before, agent, request.offer())) {
    co_return Error(absl::StatusCode::kAborted, "STALE_OFFER",
                    "You accepted the session; give it away by a transfer.");
  }
  // Whatever else became of the offer, the session is not with the caller, as it wishes.
  if (!IsOfferedTo(*before, agent, request.offer())) co_return v1::DeclineOfferResponse();
  // First the line: once it is declined, nobody would say why.
  absl::StatusOr<routing::KnownAgent> known = co_await parts_.find_agent(context.shop(), agent);
  if (!known.ok()) co_return known.status();
  common::v1::SystemLine line;
  line.set_kind(common::v1::SystemLine::KIND_OFFER_DECLINED);
  (*line.mutable_parameters())["display_name"] = known->display_name;
  (*line.mutable_parameters())["reason"] = request.reason();
  KEFU_CO_RETURN_IF_ERROR(
      co_await AppendStaffLine(parts_, context, session, request.request_id(), std::move(line)));
  absl::StatusOr<routing::Outcome> declined =
      co_await parts_.router.Decline(context.shop(), session, agent, request.offer());
  if (!declined.ok() && ErrorReason(declined.status()) != "STALE_OFFER")
    co_return declined.status();
  if (declined.ok()) {
    KEFU_CO_RETURN_IF_ERROR(
        co_await parts_.announcer.Announce(context.scope, context.shop(), *std::move(declined)));
  }
  co_return v1::DeclineOfferResponse();
}

Task<absl::StatusOr<v1::RecallOfferResponse>> AgentMoves::RecallOffer(
    CallContext context, v1::RecallOfferRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  absl::StatusOr<routing::Outcome> recalled =
      co_await parts_.router.Recall(context.shop(), session);
  co_return With<v1::RecallOfferResponse>(
      co_await parts_.flow.Announced(context.scope, context.shop(), session, std::move(recalled)));
}

Task<absl::StatusOr<v1::ClaimSessionResponse>> AgentMoves::ClaimSession(
    CallContext context, v1::ClaimSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  absl::StatusOr<routing::Outcome> claimed =
      co_await parts_.router.Claim(context.shop(), session, agent);
  co_return With<v1::ClaimSessionResponse>(
      co_await parts_.flow.Announced(context.scope, context.shop(), session, std::move(claimed)));
}

// Holds and wrap-ups

Task<absl::StatusOr<v1::HoldSessionResponse>> AgentMoves::HoldSession(
    CallContext context, v1::HoldSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  absl::StatusOr<v1::Session> before = co_await parts_.router.GetSession(context.shop(), session);
  if (!before.ok()) co_return before.status();
  const bool owned = before->state() == v1::Session::STATE_ACTIVE &&
                     before->agent() == agent.str() && before->fence() == request.fence();
  if (owned && !before->held()) {
    // First the line: whatever the buyer says after it ends the hold (streams/agent_stream.h).
    common::v1::SystemLine line;
    line.set_kind(common::v1::SystemLine::KIND_HELD);
    KEFU_CO_RETURN_IF_ERROR(
        co_await AppendStaffLine(parts_, context, session, request.request_id(), std::move(line)));
    KEFU_FAILPOINT("gateway.hold.after_line");
  }
  absl::StatusOr<routing::Outcome> held =
      co_await parts_.router.Hold(context.shop(), session, agent, request.fence());
  KEFU_FAILPOINT("gateway.hold.after_route");
  co_return With<v1::HoldSessionResponse>(
      co_await parts_.flow.Announced(context.scope, context.shop(), session, std::move(held)));
}

Task<absl::StatusOr<v1::ResumeSessionResponse>> AgentMoves::ResumeSession(
    CallContext context, v1::ResumeSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  absl::StatusOr<routing::Outcome> goes_on =
      co_await parts_.router.Unhold(context.shop(), session, agent);
  co_return With<v1::ResumeSessionResponse>(
      co_await parts_.flow.Announced(context.scope, context.shop(), session, std::move(goes_on)));
}

Task<absl::StatusOr<v1::FinishWrapUpResponse>> AgentMoves::FinishWrapUp(
    CallContext context, v1::FinishWrapUpRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  absl::StatusOr<routing::Outcome> finished =
      co_await parts_.router.Finish(context.shop(), session, agent);
  if (!finished.ok()) co_return finished.status();
  KEFU_CO_RETURN_IF_ERROR(
      co_await parts_.announcer.Announce(context.scope, context.shop(), *std::move(finished)));
  co_return v1::FinishWrapUpResponse();
}

// Transfers

Task<absl::StatusOr<v1::Session>> AgentMoves::Transfer(CallContext context, SessionId session,
                                                       AgentId from,
                                                       v1::TransferSessionRequest request) {
  if (!request.to_group().empty()) {
    absl::StatusOr<routing::Outcome> moved = co_await parts_.router.TransferToGroup(
        context.shop(), session, from, request.fence(), request.to_group());
    if (absl::IsInvalidArgument(moved.status()))
      co_return InvalidField("to_group", "Name one of the shop's groups.");
    co_return co_await parts_.flow.Announced(context.scope, context.shop(), session,
                                             std::move(moved));
  }
  std::optional<AgentId> to;
  if (!request.to_agent().empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(to, AgentId::Parse(request.to_agent()));
  }
  co_return co_await parts_.flow.Transfer(context.scope, context.shop(), session, std::move(from),
                                          request.fence(), std::move(to));
}

Task<absl::StatusOr<v1::TransferSessionResponse>> AgentMoves::TransferSession(
    CallContext context, v1::TransferSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId from, AgentId::Parse(context.caller.subject));
  if (!request.to_agent().empty()) {
    if (!request.to_group().empty())
      co_return InvalidField("to_group", "Name an agent or a group, not both.");
    KEFU_CO_ASSIGN_OR_RETURN(const AgentId to, AgentId::Parse(request.to_agent()));
    KEFU_CO_RETURN_IF_ERROR(co_await parts_.find_agent(context.shop(), to));
  }
  if (!request.note().empty()) {
    // First the note, while the session is still the caller's: it is part of the context that
    // moves.
    AgentWords words;
    words.request_id = request.request_id();
    words.content.mutable_note()->set_body(request.note());
    const auto noted =
        co_await AppendAsOwner(parts_, context, session, request.fence(), std::move(words));
    if (!noted.ok()) co_return noted.status();
  }
  co_return With<v1::TransferSessionResponse>(
      co_await Transfer(context, session, from, std::move(request)));
}

Task<absl::StatusOr<v1::TakeOverSessionResponse>> AgentMoves::TakeOverSession(
    CallContext context, v1::TakeOverSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId by, AgentId::Parse(context.caller.subject));
  absl::StatusOr<routing::Outcome> taken =
      co_await parts_.router.TakeOver(context.shop(), session, by);
  co_return With<v1::TakeOverSessionResponse>(
      co_await parts_.flow.Announced(context.scope, context.shop(), session, std::move(taken)));
}

Task<absl::StatusOr<v1::RequeueSessionResponse>> AgentMoves::RequeueSession(
    CallContext context, v1::RequeueSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  std::optional<std::string> group;
  if (!request.group().empty()) group = request.group();
  std::optional<uint64_t> fence;
  if (request.fence() != 0) fence = request.fence();
  absl::StatusOr<routing::Outcome> requeued =
      co_await parts_.router.Requeue(context.shop(), session, std::move(group), fence);
  co_return With<v1::RequeueSessionResponse>(
      co_await parts_.flow.Announced(context.scope, context.shop(), session, std::move(requeued)));
}

// Close and reopening

Task<absl::StatusOr<v1::CloseSessionResponse>> AgentMoves::CloseSession(
    CallContext context, v1::CloseSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_RETURN_IF_ERROR(CheckReason(request.reason()));
  if (request.fence() == 0 && !IsSupervisor(context)) {
    co_return InvalidField(
        "fence", "Name the fence under which you hold the session; it stands in its frame.");
  }
  inquiries::v1::CloseInquiryRequest close;
  close.set_shop(context.shop().str());
  close.set_session(session.str());
  close.set_request_id(request.request_id());
  close.set_fence(request.fence());
  close.set_agent(context.caller.subject);
  close.set_last_seen_seq(request.last_seen_seq());
  close.set_reason(request.reason());
  co_return With<v1::CloseSessionResponse>(
      co_await parts_.flow.Close(context.scope, std::move(close)));
}

Task<absl::StatusOr<v1::ReopenSessionResponse>> AgentMoves::ReopenSession(
    CallContext context, v1::ReopenSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  KEFU_CO_RETURN_IF_ERROR(
      co_await ReadableConversation(parts_.inquiries, context, session.conversation().str()));
  inquiries::v1::ReopenInquiryRequest reopen;
  reopen.set_shop(context.shop().str());
  reopen.set_session(session.str());
  reopen.set_request_id(request.request_id());
  co_return With<v1::ReopenSessionResponse>(
      co_await parts_.flow.Reopen(context.scope, std::move(reopen), agent));
}

}  // namespace kefu::gateway
