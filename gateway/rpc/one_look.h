// kefu.gateway.v1.OneLookService: what an agent wants to see beside a conversation, asked of all
// services at once. Each has a deadline of its own; one that fails or is late is a named gap in the
// answer.
//
// Whether the caller may look is inquiries' to say. While it is down, supervisors may, and agents
// at what routing says they hold.
//
// Threads: any. What it is made of outlives the calls.
#pragma once

#include <functional>
#include <string>

#include "gateway/edge/registry.h"
#include "gateway/upstream/inquiries_client.h"
#include "gateway/upstream/service_channels.h"
#include "proto/kefu/gateway/v1/one_look.pb.h"

namespace kefu::gateway {

class OneLookService {
 public:
  // The agent holds a session of the conversation now.
  using Holds = std::function<Task<absl::StatusOr<bool>>(ShopId, AgentId, ConversationId)>;
  // The caller is asked in a consult about a conversation whose last session this is.
  using Consulted =
      std::function<Task<absl::StatusOr<bool>>(CallContext, inquiries::v1::Inquiry last)>;

  struct Deps {
    InquiriesClient& inquiries;
    ServiceChannels& services;
    Holds holds;
    Consulted consulted;
    // For each service.
    int64_t part_ms = 400;
  };
  explicit OneLookService(Deps deps) : deps_(std::move(deps)) {}
  void Register(Registry& registry);

  Task<absl::StatusOr<v1::OneLook>> GetOneLook(CallContext context, v1::GetOneLookRequest request);

 private:
  // One call's work, shared by its parts.
  struct Look;

  Task<absl::Status> CheckMayLook(CallContext context, ConversationId conversation,
                                  absl::StatusOr<inquiries::v1::Conversation> found);
  Task<> AddSessions(Look* look);
  Task<> AddOrders(Look* look);
  Task<> AddShipments(Look* look);
  Task<> AddCases(Look* look);
  Task<> AddEarlierSessions(Look* look);

  const Deps deps_;
};

}  // namespace kefu::gateway
