// kefu.gateway.v1.AgentService: what an agent's or supervisor's client calls. The agent and the
// shop come from the token. Here are streams, presence, messages and lists; agent_moves.h and
// agent_asides.h have the other methods.
#pragma once

#include <string>

#include "gateway/edge/registry.h"
#include "gateway/rpc/session_parts.h"
#include "proto/kefu/gateway/v1/agent.pb.h"

namespace kefu::gateway {

class AgentService {
 public:
  explicit AgentService(SessionParts parts);
  void Register(Registry& registry);

  // A new incarnation for an agent whose lease lapsed although a stream is open.
  Task<> Reconnect(ShopId shop, AgentId agent);

 private:
  Task<absl::Status> Subscribe(CallContext context, v1::AgentSubscribeRequest request,
                               StreamWriter& writer);
  Task<absl::StatusOr<v1::SetPresenceResponse>> SetPresence(CallContext context,
                                                            v1::SetPresenceRequest request);
  Task<absl::StatusOr<v1::AgentSendMessageResponse>> SendMessage(
      CallContext context, v1::AgentSendMessageRequest request);
  Task<absl::StatusOr<v1::AgentListMessagesResponse>> ListMessages(
      CallContext context, v1::AgentListMessagesRequest request);
  Task<absl::StatusOr<v1::AgentMoveMarksResponse>> MoveMarks(CallContext context,
                                                             v1::AgentMoveMarksRequest request);
  Task<absl::StatusOr<v1::AgentSetTypingResponse>> SetTyping(CallContext context,
                                                             v1::AgentSetTypingRequest request);
  Task<absl::StatusOr<v1::ListSessionsResponse>> ListSessions(CallContext context,
                                                              v1::ListSessionsRequest request);
  Task<absl::StatusOr<v1::Session>> GetSession(CallContext context, v1::GetSessionRequest request);
  Task<absl::StatusOr<v1::ListAgentStatesResponse>> ListAgentStates(
      CallContext context, v1::ListAgentStatesRequest request);

  Task<absl::Status> Connect(server::CallScope scope, ShopId shop, AgentId agent);
  // From a program that let a buyer wait too long: it is on a break, and the session waits again at
  // its original age.
  Task<absl::Status> TakeAway(CallContext context, AgentId agent, v1::Session session);
  // A session on hold whose buyer wrote.
  Task<absl::Status> GoOn(CallContext context, SessionId session);
  // A note about a session that is closed; else `refused`.
  Task<absl::StatusOr<inquiries::v1::AppendResponse>> AppendInWrapUp(
      CallContext context, SessionId session, v1::AgentSendMessageRequest request,
      absl::Status refused);

  const SessionParts parts_;
  const streams::AgentStream::Acts acts_;
};

}  // namespace kefu::gateway
