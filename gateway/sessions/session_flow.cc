#include "gateway/sessions/session_flow.h"

#include <utility>

#include "services/common/base/failpoint.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::sessions {
namespace {

v1::Session ClosedSession(const inquiries::v1::Inquiry& inquiry) {
  v1::Session session;
  session.set_session(inquiry.session());
  session.set_conversation(inquiry.conversation());
  session.set_state(v1::Session::STATE_CLOSED);
  session.set_agent(inquiry.agent());
  session.set_fence(inquiry.fence());
  *session.mutable_opening() = inquiry.opening();
  return session;
}

}  // namespace

SessionFlow::SessionFlow(InquiriesClient& inquiries, routing::Router& router, Announcer& announcer,
                         Arrivals& arrivals)
    : inquiries_(inquiries), router_(router), announcer_(announcer), arrivals_(arrivals) {}

Task<absl::StatusOr<OpenedSession>> SessionFlow::Open(server::CallScope scope,
                                                      inquiries::v1::OpenInquiryRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  absl::StatusOr<inquiries::v1::OpenInquiryResponse> opened = co_await inquiries_.Call(
      &InquiriesClient::Conversations::OpenInquiry, scope, std::move(request));
  if (!opened.ok()) co_return opened.status();
  KEFU_FAILPOINT("gateway.open.after_inquiry");
  OpenedSession result;
  result.inquiry = *std::move(opened);
  const inquiries::v1::Inquiry& inquiry = result.inquiry.inquiry();
  if (!IsOpen(inquiry) || inquiry.fence() != 0) co_return result;
  // The message is stored, which is what the caller is told. Should the routing fail here, the log
  // repeats it.
  absl::StatusOr<Standing> admitted =
      co_await arrivals_.Admit(scope, shop, inquiry, result.inquiry.opened());
  if (admitted.ok()) {
    result.standing = *std::move(admitted);
  } else {
    log::Warn("a session is routed later",
              {{"session", inquiry.session()}, {"reason", ErrorReason(admitted.status())}},
              &scope.trace);
  }
  co_return result;
}

Task<absl::Status> SessionFlow::Arrive(server::CallScope scope, ShopId shop,
                                       inquiries::v1::Inquiry inquiry) {
  const absl::StatusOr<Standing> admitted =
      co_await arrivals_.Admit(std::move(scope), shop, std::move(inquiry), /*fresh=*/false);
  co_return admitted.status();
}

Task<absl::StatusOr<routing::Outcome>> SessionFlow::RouteAgain(ShopId shop,
                                                               routing::Arrival arrival,
                                                               AgentId preferred) {
  absl::StatusOr<routing::Outcome> outcome =
      co_await router_.Reopen(shop, arrival, std::move(preferred));
  if (ErrorReason(outcome.status()) != "QUEUE_FULL") co_return outcome;
  arrival.kept = true;
  co_return co_await router_.Arrive(shop, std::move(arrival));
}

Task<absl::Status> SessionFlow::Rearrive(server::CallScope scope, ShopId shop,
                                         inquiries::v1::Inquiry inquiry) {
  KEFU_CO_ASSIGN_OR_RETURN(routing::Arrival arrival, ToArrival(inquiry));
  // Closed before anybody owned it: prefer somebody who does not exist, that is, nobody.
  AgentId preferred = AgentId::New();
  if (!inquiry.agent().empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(preferred, AgentId::Parse(inquiry.agent()));
  }
  absl::StatusOr<routing::Outcome> outcome =
      co_await RouteAgain(shop, std::move(arrival), std::move(preferred));
  if (!outcome.ok()) co_return outcome.status();
  co_return co_await announcer_.Announce(scope, shop, *std::move(outcome));
}

Task<absl::StatusOr<v1::Session>> SessionFlow::Announced(server::CallScope scope, ShopId shop,
                                                         SessionId session,
                                                         absl::StatusOr<routing::Outcome> outcome) {
  if (!outcome.ok()) co_return outcome.status();
  // Routing is past the point of no return; if inquiries cannot be told now, its log will tell it.
  KEFU_CO_RETURN_IF_ERROR(co_await announcer_.Announce(scope, shop, *std::move(outcome)));
  co_return co_await router_.GetSession(shop, std::move(session));
}

Task<absl::StatusOr<v1::Session>> SessionFlow::Transfer(server::CallScope scope, ShopId shop,
                                                        SessionId session, AgentId from,
                                                        uint64_t fence, std::optional<AgentId> to) {
  absl::StatusOr<routing::Outcome> outcome =
      co_await router_.Transfer(shop, session, std::move(from), fence, std::move(to));
  if (!outcome.ok()) co_return outcome.status();
  KEFU_FAILPOINT("gateway.transfer.after_route");
  absl::StatusOr<v1::Session> moved = co_await Announced(scope, shop, session, std::move(outcome));
  KEFU_FAILPOINT("gateway.transfer.after_fence");
  co_return moved;
}

Task<absl::StatusOr<v1::Session>> SessionFlow::Close(server::CallScope scope,
                                                     inquiries::v1::CloseInquiryRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  absl::StatusOr<inquiries::v1::CloseInquiryResponse> closed =
      co_await inquiries_.Call(&InquiriesClient::Conversations::CloseInquiry, scope, request);
  if (!closed.ok() && request.fence() != 0) {
    KEFU_CO_RETURN_IF_ERROR(co_await TellOwner(scope, request.shop(), request.session(),
                                               request.agent(), request.fence(), closed.status()));
    closed =
        co_await inquiries_.Call(&InquiriesClient::Conversations::CloseInquiry, scope, request);
  }
  if (!closed.ok()) co_return closed.status();
  KEFU_FAILPOINT("gateway.close.after_inquiry");
  const absl::Status completed = co_await Complete(scope, shop, closed->inquiry());
  if (!completed.ok()) {
    log::Warn("a slot is freed later",
              {{"session", closed->inquiry().session()}, {"reason", ErrorReason(completed)}},
              &scope.trace);
  }
  co_return ClosedSession(closed->inquiry());
}

Task<absl::Status> SessionFlow::Complete(server::CallScope scope, ShopId shop,
                                         inquiries::v1::Inquiry inquiry) {
  if (IsOpen(inquiry)) co_return absl::OkStatus();
  KEFU_CO_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(inquiry.session()));
  absl::StatusOr<routing::Outcome> outcome =
      co_await router_.Complete(shop, std::move(session), inquiry.reopened());
  if (!outcome.ok()) co_return outcome.status();
  KEFU_FAILPOINT("gateway.close.after_complete");
  co_return co_await announcer_.Announce(scope, shop, *std::move(outcome));
}

Task<absl::StatusOr<v1::Session>> SessionFlow::Reopen(server::CallScope scope,
                                                      inquiries::v1::ReopenInquiryRequest request,
                                                      AgentId preferred) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  absl::StatusOr<inquiries::v1::ReopenInquiryResponse> reopened = co_await inquiries_.Call(
      &InquiriesClient::Conversations::ReopenInquiry, scope, std::move(request));
  if (!reopened.ok()) co_return reopened.status();
  if (!IsOpen(reopened->inquiry())) co_return ClosedSession(reopened->inquiry());
  KEFU_CO_ASSIGN_OR_RETURN(routing::Arrival arrival, ToArrival(reopened->inquiry()));
  const SessionId session = arrival.session;
  absl::StatusOr<routing::Outcome> outcome =
      co_await RouteAgain(shop, std::move(arrival), std::move(preferred));
  if (!outcome.ok()) co_return outcome.status();
  co_return co_await Announced(scope, shop, session, std::move(outcome));
}

Task<absl::StatusOr<inquiries::v1::AppendResponse>> SessionFlow::AppendByAgent(
    server::CallScope scope, inquiries::v1::AppendRequest request) {
  absl::StatusOr<inquiries::v1::AppendResponse> appended =
      co_await inquiries_.Append(scope, request);
  if (appended.ok()) co_return appended;
  KEFU_CO_RETURN_IF_ERROR(co_await TellOwner(scope, request.shop(), request.session(),
                                             request.sender().id(), request.fence(),
                                             appended.status()));
  co_return co_await inquiries_.Append(scope, std::move(request));
}

Task<absl::Status> SessionFlow::TellOwner(server::CallScope scope, std::string shop_name,
                                          std::string session_name, std::string agent,
                                          uint64_t fence, absl::Status refused) {
  const std::string reason = ErrorReason(refused);
  if (reason != "FENCE_AHEAD" && reason != "STALE_FENCE") co_return refused;
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(shop_name));
  KEFU_CO_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(session_name));
  absl::StatusOr<v1::Session> routed = co_await router_.GetSession(shop, std::move(session));
  if (absl::IsNotFound(routed.status())) co_return refused;
  if (!routed.ok()) co_return routed.status();
  if (routed->fence() != fence || routed->agent() != agent) {
    co_return Error(absl::StatusCode::kAborted, "STALE_FENCE",
                    "Another agent owns the session; read it again.",
                    {{"fence", std::to_string(routed->fence())}});
  }
  if (routed->state() == v1::Session::STATE_OFFERED) {
    co_return Error(absl::StatusCode::kFailedPrecondition, "OFFER_PENDING",
                    "The session is only offered to you; accept it first.");
  }
  if (routed->state() != v1::Session::STATE_ACTIVE) co_return refused;
  routing::SessionChange change;
  change.session = *std::move(routed);
  co_return co_await announcer_.AnnounceSession(std::move(scope), shop, std::move(change));
}

}  // namespace kefu::gateway::sessions
