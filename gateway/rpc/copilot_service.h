// kefu.gateway.v1.CopilotService: programs that suggest to agents, and supervisors at their
// shoulder. A suggestion is published on the owner's topic, to which only the owner's streams
// listen: it passes neither inquiries nor the topic of the conversation, so no buyer's stream, no
// log and no record can show it.
//
// Threads: any. Errors: as in the proto.
#pragma once

#include "gateway/edge/rate_limiter.h"
#include "gateway/edge/registry.h"
#include "gateway/rpc/session_parts.h"
#include "proto/kefu/gateway/v1/copilot.pb.h"

namespace kefu::gateway {

class CopilotService {
 public:
  explicit CopilotService(SessionParts parts);
  void Register(Registry& registry);

 private:
  Task<absl::Status> Follow(CallContext context, v1::FollowRequest request, StreamWriter& writer);
  Task<absl::StatusOr<v1::SuggestResponse>> Suggest(CallContext context,
                                                    v1::SuggestRequest request);

  const SessionParts parts_;
  // By caller and session.
  SlidingWindow suggestions_;
};

}  // namespace kefu::gateway
