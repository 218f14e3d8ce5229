// kefu.gateway.v1.AgentService, what staff say among themselves: consults and whispers. All of it
// are internal notes in the conversation, which no buyer receives.
//
// Threads: any. Errors: as in the proto; those of consults/domain/consults.h.
#pragma once

#include <string>

#include "gateway/edge/registry.h"
#include "gateway/rpc/session_parts.h"
#include "proto/kefu/gateway/v1/agent.pb.h"

namespace kefu::gateway {

class AgentAsides {
 public:
  explicit AgentAsides(SessionParts parts) : parts_(std::move(parts)) {}
  void Register(Registry& registry);

 private:
  Task<absl::StatusOr<v1::StartConsultResponse>> StartConsult(CallContext context,
                                                              v1::StartConsultRequest request);
  Task<absl::StatusOr<v1::EndConsultResponse>> EndConsult(CallContext context,
                                                          v1::EndConsultRequest request);
  Task<absl::StatusOr<v1::WriteConsultResponse>> WriteConsult(CallContext context,
                                                              v1::WriteConsultRequest request);
  Task<absl::StatusOr<v1::WhisperResponse>> Whisper(CallContext context,
                                                    v1::WhisperRequest request);

  // OK if the caller owns the session under the fence.
  Task<absl::Status> CheckOwner(CallContext context, SessionId session, uint64_t fence);

  const SessionParts parts_;
};

}  // namespace kefu::gateway
