// kefu.gateway.v1.AdminService: a shop's administrator. The shop comes from the token. Threads:
// thread-safe.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "gateway/directory/directory.h"
#include "gateway/directory/key_ring.h"
#include "gateway/directory/registrar.h"
#include "gateway/directory/routing_configs.h"
#include "gateway/directory/storage/audit_log.h"
#include "gateway/edge/registry.h"
#include "proto/kefu/gateway/v1/admin.pb.h"
#include "services/common/server/unary.h"

namespace kefu::gateway {

class AdminService {
 public:
  // Destroys what makes the buyer's data readable, wherever it is. Idempotent.
  using EraseBuyerData =
      std::function<Task<absl::Status>(server::CallScope, ShopId, BuyerId, std::string request_id)>;

  struct Deps {
    directory::Directory& directory;
    directory::Registrar& registrar;
    directory::RoutingConfigs& routing_configs;
    directory::AuditLog& audit_log;
    const directory::KeyRing& master_keys;
    EraseBuyerData erase_buyer;
  };
  explicit AdminService(Deps deps) : deps_(std::move(deps)) {}
  void Register(Registry& registry);

  Task<absl::StatusOr<v1::GetShopResponse>> GetShop(CallContext context,
                                                    v1::GetShopRequest request);
  Task<absl::StatusOr<v1::UpdateShopResponse>> UpdateShop(CallContext context,
                                                          v1::UpdateShopRequest request);
  Task<absl::StatusOr<v1::CreateAgentResponse>> CreateAgent(CallContext context,
                                                            v1::CreateAgentRequest request);
  Task<absl::StatusOr<v1::UpdateAgentResponse>> UpdateAgent(CallContext context,
                                                            v1::UpdateAgentRequest request);
  Task<absl::StatusOr<v1::SetAgentSkillsResponse>> SetAgentSkills(
      CallContext context, v1::SetAgentSkillsRequest request);
  Task<absl::StatusOr<v1::ListAgentsResponse>> ListAgents(CallContext context,
                                                          v1::ListAgentsRequest request);
  Task<absl::StatusOr<v1::CreateApiKeyResponse>> CreateApiKey(CallContext context,
                                                              v1::CreateApiKeyRequest request);
  Task<absl::StatusOr<v1::RevokeApiKeyResponse>> RevokeApiKey(CallContext context,
                                                              v1::RevokeApiKeyRequest request);
  Task<absl::StatusOr<v1::ListApiKeysResponse>> ListApiKeys(CallContext context,
                                                            v1::ListApiKeysRequest request);
  Task<absl::StatusOr<v1::RotateIdentityKeyResponse>> RotateIdentityKey(
      CallContext context, v1::RotateIdentityKeyRequest request);
  Task<absl::StatusOr<v1::AdminEraseBuyerResponse>> EraseBuyer(CallContext context,
                                                               v1::AdminEraseBuyerRequest request);
  Task<absl::StatusOr<v1::ListAuditEntriesResponse>> ListAuditEntries(
      CallContext context, v1::ListAuditEntriesRequest request);

 private:
  const Deps deps_;
};

}  // namespace kefu::gateway
