// kefu.gateway.v1.BoardService: what supervisors see of routing and how they set agents' states.
//
// Threads: any. Errors: as in the proto; those of routing::Router.
#pragma once

#include "gateway/edge/registry.h"
#include "gateway/rpc/board_reader.h"
#include "gateway/rpc/session_parts.h"
#include "gateway/sessions/routing_plans.h"
#include "gateway/streams/board_stream.h"
#include "proto/kefu/gateway/v1/board.pb.h"

namespace kefu::gateway {

class BoardService {
 public:
  // `plans` outlives it.
  BoardService(SessionParts parts, sessions::RoutingPlans& plans);
  void Register(Registry& registry);

 private:
  Task<absl::Status> WatchBoard(CallContext context, v1::WatchBoardRequest request,
                                StreamWriter& writer);
  Task<absl::StatusOr<v1::Board>> GetBoard(CallContext context, v1::GetBoardRequest request);
  Task<absl::StatusOr<v1::ListQueueResponse>> ListQueue(CallContext context,
                                                        v1::ListQueueRequest request);
  Task<absl::StatusOr<v1::ExplainSessionResponse>> ExplainSession(
      CallContext context, v1::ExplainSessionRequest request);
  Task<absl::StatusOr<v1::SetAgentPresenceResponse>> SetAgentPresence(
      CallContext context, v1::SetAgentPresenceRequest request);

  const SessionParts parts_;
  sessions::RoutingPlans& plans_;
  BoardReader board_;
  const streams::ReadBoard read_board_;
};

}  // namespace kefu::gateway
