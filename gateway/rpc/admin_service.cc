#include "gateway/rpc/admin_service.h"

#include <optional>
#include <utility>

#include "gateway/directory/storage/records.h"
#include "gateway/routing/config/validate.h"
#include "gateway/rpc/identity_messages.h"
#include "gateway/rpc/methods.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway {
namespace {

using identity::FromPageToken;
using identity::PageSize;
using identity::ToAnswerLimitMs;
using identity::ToGrant;
using identity::ToMessage;
using identity::ToNewAgent;
using identity::ToPageToken;
using identity::ToRequest;
using identity::ToUpdateShop;
using identity::VersionOf;

constexpr size_t kApiKeyIdBytes = 28;

}  // namespace

void AdminService::Register(Registry& registry) {
  Methods<AdminService>(registry, "kefu.gateway.v1.AdminService", this)
      .Unary("GetShop", &AdminService::GetShop)
      .Unary("UpdateShop", &AdminService::UpdateShop)
      .Unary("CreateAgent", &AdminService::CreateAgent)
      .Unary("UpdateAgent", &AdminService::UpdateAgent)
      .Unary("SetAgentSkills", &AdminService::SetAgentSkills)
      .Unary("ListAgents", &AdminService::ListAgents)
      .Unary("CreateApiKey", &AdminService::CreateApiKey)
      .Unary("RevokeApiKey", &AdminService::RevokeApiKey)
      .Unary("ListApiKeys", &AdminService::ListApiKeys)
      .Unary("RotateIdentityKey", &AdminService::RotateIdentityKey)
      .Unary("EraseBuyer", &AdminService::EraseBuyer)
      .Unary("ListAuditEntries", &AdminService::ListAuditEntries);
}

Task<absl::StatusOr<v1::GetShopResponse>> AdminService::GetShop(CallContext context,
                                                                v1::GetShopRequest) {
  KEFU_CO_ASSIGN_OR_RETURN(const directory::ShopInfo shop,
                           co_await deps_.directory.GetShop(context.shop()));
  v1::GetShopResponse response;
  *response.mutable_shop() = ToMessage(shop);
  co_return response;
}

Task<absl::StatusOr<v1::UpdateShopResponse>> AdminService::UpdateShop(
    CallContext context, v1::UpdateShopRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "AdminService/UpdateShop",
                                     request.request_id(), request));
  const std::string& named = request.shop().shop();
  if (!named.empty() && named != context.shop().str())
    co_return InvalidField("shop.shop", "Leave it empty: it is the caller's shop that changes.");
  KEFU_CO_ASSIGN_OR_RETURN(directory::UpdateShop update,
                           ToUpdateShop(context.shop(), request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::ShopInfo updated,
      co_await deps_.registrar.UpdateShop(std::move(command), std::move(update)));
  v1::UpdateShopResponse response;
  *response.mutable_shop() = ToMessage(updated);
  co_return response;
}

Task<absl::StatusOr<v1::CreateAgentResponse>> AdminService::CreateAgent(
    CallContext context, v1::CreateAgentRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "AdminService/CreateAgent",
                                     request.request_id(), request));
  KEFU_CO_ASSIGN_OR_RETURN(directory::NewAgent agent, ToNewAgent(request.agent()));
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::AgentInfo created,
      co_await deps_.registrar.CreateAgent(std::move(command), context.shop(), std::move(agent)));
  v1::CreateAgentResponse response;
  *response.mutable_agent() = ToMessage(created);
  co_return response;
}

Task<absl::StatusOr<v1::UpdateAgentResponse>> AdminService::UpdateAgent(
    CallContext context, v1::UpdateAgentRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "AdminService/UpdateAgent",
                                     request.request_id(), request));
  const v1::Agent& agent = request.agent();
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId id, AgentId::Parse(agent.agent()));
  KEFU_CO_ASSIGN_OR_RETURN(const directory::StaffRole role,
                           directory::ToStaffRole("agent.role", agent.role()));
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<uint64_t> version,
                           VersionOf("agent.etag", agent.etag()));
  KEFU_CO_ASSIGN_OR_RETURN(const int64_t answer_limit_ms, ToAnswerLimitMs(agent));
  directory::UpdateAgent update{.agent = id,
                                .display_name = agent.display_name(),
                                .role = role,
                                .capacity = agent.capacity(),
                                .disabled = agent.disabled(),
                                .answer_limit_ms = answer_limit_ms,
                                .expected_version = version,
                                .by = context.caller.subject};
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::AgentInfo updated,
      co_await deps_.registrar.UpdateAgent(std::move(command), context.shop(), std::move(update)));
  v1::UpdateAgentResponse response;
  *response.mutable_agent() = ToMessage(updated);
  co_return response;
}

Task<absl::StatusOr<v1::SetAgentSkillsResponse>> AdminService::SetAgentSkills(
    CallContext context, v1::SetAgentSkillsRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "AdminService/SetAgentSkills",
                                     request.request_id(), request));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId id, AgentId::Parse(request.agent()));
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<uint64_t> version,
                           VersionOf("etag", request.etag()));
  KEFU_CO_ASSIGN_OR_RETURN(const directory::RoutingConfigs::Shared routing,
                           co_await deps_.routing_configs.Get(context.shop()));
  KEFU_CO_RETURN_IF_ERROR(InvalidFields(routing::config::ValidateSkills(routing->config, request)));
  directory::Abilities abilities{{request.skills().begin(), request.skills().end()},
                                 {request.languages().begin(), request.languages().end()},
                                 request.hours()};
  directory::SetAbilities change{id, std::move(abilities), version};
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::AgentInfo updated,
      co_await deps_.registrar.SetAbilities(std::move(command), context.shop(), std::move(change)));
  v1::SetAgentSkillsResponse response;
  *response.mutable_agent() = ToMessage(updated);
  co_return response;
}

Task<absl::StatusOr<v1::ListAgentsResponse>> AdminService::ListAgents(
    CallContext context, v1::ListAgentsRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(std::string cursor, FromPageToken(request.page_token()));
  KEFU_CO_ASSIGN_OR_RETURN(const directory::Page<directory::AgentInfo> page,
                           co_await deps_.directory.ListAgents(context.shop(), std::move(cursor),
                                                               PageSize(request.page_size())));
  v1::ListAgentsResponse response;
  for (const directory::AgentInfo& agent : page.items) *response.add_agents() = ToMessage(agent);
  response.set_next_page_token(ToPageToken(page.next));
  co_return response;
}

Task<absl::StatusOr<v1::CreateApiKeyResponse>> AdminService::CreateApiKey(
    CallContext context, v1::CreateApiKeyRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "AdminService/CreateApiKey",
                                     request.request_id(), request));
  KEFU_CO_ASSIGN_OR_RETURN(std::optional<directory::Grant> grant, ToGrant(request));
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::CreatedApiKey created,
      co_await deps_.registrar.CreateApiKey(std::move(command), context.shop(),
                                            request.display_name(), std::move(grant)));
  v1::CreateApiKeyResponse response;
  *response.mutable_key() = ToMessage(created.key);
  response.set_secret(created.token);
  co_return response;
}

Task<absl::StatusOr<v1::RevokeApiKeyResponse>> AdminService::RevokeApiKey(
    CallContext context, v1::RevokeApiKeyRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "AdminService/RevokeApiKey",
                                     request.request_id(), request));
  const std::string& id = request.key_id();
  if (id.size() != kApiKeyIdBytes || id.substr(0, 2) != "k_" ||
      !IsToken(std::string_view(id).substr(2))) {
    co_return InvalidField("key_id", "Expected an id like k_<26 characters of a-z and 2-7>.");
  }
  KEFU_CO_RETURN_IF_ERROR(
      co_await deps_.registrar.RevokeApiKey(std::move(command), context.shop(), id));
  co_return v1::RevokeApiKeyResponse();
}

Task<absl::StatusOr<v1::ListApiKeysResponse>> AdminService::ListApiKeys(CallContext context,
                                                                        v1::ListApiKeysRequest) {
  using Keys = std::vector<directory::ApiKeyInfo>;
  KEFU_CO_ASSIGN_OR_RETURN(const Keys keys, co_await deps_.directory.ListApiKeys(context.shop()));
  v1::ListApiKeysResponse response;
  for (const directory::ApiKeyInfo& key : keys) *response.add_keys() = ToMessage(key);
  co_return response;
}

Task<absl::StatusOr<v1::RotateIdentityKeyResponse>> AdminService::RotateIdentityKey(
    CallContext context, v1::RotateIdentityKeyRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "AdminService/RotateIdentityKey",
                                     request.request_id(), request));
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::RotatedKey rotated,
      co_await deps_.registrar.RotateIdentityKey(std::move(command), context.shop()));
  v1::RotateIdentityKeyResponse response;
  response.set_key_id(rotated.key_id);
  response.set_key(rotated.key);
  co_return response;
}

Task<absl::StatusOr<v1::AdminEraseBuyerResponse>> AdminService::EraseBuyer(
    CallContext context, v1::AdminEraseBuyerRequest request) {
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_ASSIGN_OR_RETURN(const BuyerId buyer, BuyerId::Parse(request.buyer()));
  KEFU_CO_RETURN_IF_ERROR(
      co_await deps_.erase_buyer(context.scope, context.shop(), buyer, request.request_id()));
  co_return v1::AdminEraseBuyerResponse();
}

Task<absl::StatusOr<v1::ListAuditEntriesResponse>> AdminService::ListAuditEntries(
    CallContext context, v1::ListAuditEntriesRequest request) {
  using Entries = std::vector<directory::ChainedEntry>;
  KEFU_CO_ASSIGN_OR_RETURN(const Entries entries,
                           co_await deps_.audit_log.List(context.shop(), request.after_seq(),
                                                         PageSize(request.page_size())));
  // What was altered is shown all the same, with its hashes: it is evidence.
  if (const absl::Status chain = directory::VerifyChain(entries); !chain.ok()) {
    log::Error("audit log altered", {{"shop", context.shop().str()}, {"error", chain.ToString()}},
               &context.scope.trace);
  }
  v1::ListAuditEntriesResponse response;
  for (const directory::ChainedEntry& entry : entries) *response.add_entries() = ToMessage(entry);
  co_return response;
}

}  // namespace kefu::gateway
