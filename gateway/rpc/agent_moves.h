// kefu.gateway.v1.AgentService, what changes who has a session and how: offers, claims, holds,
// wrap-ups, transfers, close and reopening. Routing decides; here its answer is made known before
// the caller hears of it.
//
// Threads: any. Errors: as in the proto; those of routing::Router.
#pragma once

#include "gateway/edge/registry.h"
#include "gateway/rpc/session_parts.h"
#include "proto/kefu/gateway/v1/agent.pb.h"

namespace kefu::gateway {

class AgentMoves {
 public:
  explicit AgentMoves(SessionParts parts) : parts_(std::move(parts)) {}
  void Register(Registry& registry);

 private:
  Task<absl::StatusOr<v1::AcceptOfferResponse>> AcceptOffer(CallContext context,
                                                            v1::AcceptOfferRequest request);
  Task<absl::StatusOr<v1::DeclineOfferResponse>> DeclineOffer(CallContext context,
                                                              v1::DeclineOfferRequest request);
  Task<absl::StatusOr<v1::RecallOfferResponse>> RecallOffer(CallContext context,
                                                            v1::RecallOfferRequest request);
  Task<absl::StatusOr<v1::ClaimSessionResponse>> ClaimSession(CallContext context,
                                                              v1::ClaimSessionRequest request);
  Task<absl::StatusOr<v1::HoldSessionResponse>> HoldSession(CallContext context,
                                                            v1::HoldSessionRequest request);
  Task<absl::StatusOr<v1::ResumeSessionResponse>> ResumeSession(CallContext context,
                                                                v1::ResumeSessionRequest request);
  Task<absl::StatusOr<v1::FinishWrapUpResponse>> FinishWrapUp(CallContext context,
                                                              v1::FinishWrapUpRequest request);
  Task<absl::StatusOr<v1::TransferSessionResponse>> TransferSession(
      CallContext context, v1::TransferSessionRequest request);
  Task<absl::StatusOr<v1::TakeOverSessionResponse>> TakeOverSession(
      CallContext context, v1::TakeOverSessionRequest request);
  Task<absl::StatusOr<v1::RequeueSessionResponse>> RequeueSession(
      CallContext context, v1::RequeueSessionRequest request);
  Task<absl::StatusOr<v1::CloseSessionResponse>> CloseSession(CallContext context,
                                                              v1::CloseSessionRequest request);
  Task<absl::StatusOr<v1::ReopenSessionResponse>> ReopenSession(CallContext context,
                                                                v1::ReopenSessionRequest request);

  // Where the request says.
  Task<absl::StatusOr<v1::Session>> Transfer(CallContext context, SessionId session, AgentId from,
                                             v1::TransferSessionRequest request);

  const SessionParts parts_;
};

}  // namespace kefu::gateway
