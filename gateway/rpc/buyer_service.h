// kefu.gateway.v1.BuyerService: what a buyer's client calls. The buyer and the shop come from the
// token.
#pragma once

#include "gateway/edge/registry.h"
#include "gateway/rpc/session_parts.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"

namespace kefu::gateway {

class BuyerService {
 public:
  explicit BuyerService(SessionParts parts) : parts_(parts) {}
  void Register(Registry& registry);

 private:
  Task<absl::StatusOr<v1::OpenSessionResponse>> OpenSession(CallContext context,
                                                            v1::OpenSessionRequest request);
  Task<absl::StatusOr<v1::BuyerSendMessageResponse>> SendMessage(
      CallContext context, v1::BuyerSendMessageRequest request);
  Task<absl::StatusOr<v1::BuyerListMessagesResponse>> ListMessages(
      CallContext context, v1::BuyerListMessagesRequest request);
  Task<absl::StatusOr<v1::BuyerMoveMarksResponse>> MoveMarks(CallContext context,
                                                             v1::BuyerMoveMarksRequest request);
  Task<absl::StatusOr<v1::BuyerSetTypingResponse>> SetTyping(CallContext context,
                                                             v1::BuyerSetTypingRequest request);
  Task<absl::StatusOr<v1::BuyerGetStateResponse>> GetState(CallContext context,
                                                           v1::BuyerGetStateRequest request);
  Task<absl::StatusOr<v1::LeaveQueueResponse>> LeaveQueue(CallContext context,
                                                          v1::LeaveQueueRequest request);
  Task<absl::StatusOr<v1::LeaveMessageResponse>> LeaveMessage(CallContext context,
                                                              v1::LeaveMessageRequest request);
  Task<absl::StatusOr<v1::RateSessionResponse>> RateSession(CallContext context,
                                                            v1::RateSessionRequest request);
  Task<absl::Status> Subscribe(CallContext context, v1::BuyerSubscribeRequest request,
                               StreamWriter& writer);

  // As the buyer's message.
  Task<absl::StatusOr<inquiries::v1::AppendResponse>> Append(CallContext context, SessionId session,
                                                             std::string request_id,
                                                             common::v1::Content content);
  Task<std::optional<v1::BuyerSessionState>> StateAfter(CallContext context,
                                                        sessions::OpenedSession opened);
  // Who writes is there, even without a stream.
  Task<> NoteThere(CallContext context, SessionId session);

  const SessionParts parts_;
};

}  // namespace kefu::gateway
