#include "gateway/identity.h"

#include <utility>

#include "gateway/auth/buyer_identity.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

constexpr size_t kActiveKeys = 2;

OperatorService::RaiseEpochs RaiseEpochs(sessions::InquiriesActs& acts) {
  return [&acts](server::CallScope scope, ShopId shop, std::string request_id) {
    return acts.RaiseEpochs(std::move(scope), std::move(shop), std::move(request_id));
  };
}

}  // namespace

absl::StatusOr<Secrets> ParseSecrets(const Config& config) {
  KEFU_RETURN_IF_ERROR(auth::CheckOperatorKey(config.operator_key));
  KEFU_ASSIGN_OR_RETURN(directory::KeyRing master_keys,
                        directory::KeyRing::Parse(config.master_keys, kActiveKeys));
  KEFU_ASSIGN_OR_RETURN(directory::KeyRing token_keys,
                        directory::KeyRing::Parse(config.token_keys, kActiveKeys));
  return Secrets{std::move(master_keys), std::move(token_keys)};
}

Identity::Identity(const Parts& parts)
    : secrets_(parts.secrets),
      notices_(
          [&publisher = parts.publisher](std::string_view topic, std::string_view envelope) {
            publisher.Publish(topic, envelope);
          },
          parts.watch),
      directory_(parts.store, notices_),
      registrar_({parts.store, directory_, notices_, passwords_, secrets_.master_keys}),
      routing_configs_(parts.store, notices_),
      audit_log_(parts.store),
      tokens_(secrets_.token_keys),
      sign_ins_(parts.store, directory_, notices_),
      attempts_(parts.store, parts.config.sign_in_attempts),
      desk_({directory_, passwords_, attempts_, sign_ins_, tokens_, parts.clock}),
      authenticator_(tokens_, sign_ins_, directory_, parts.clock, parts.config.operator_key),
      auditor_(audit_log_, directory_),
      auth_({directory_, registrar_, desk_, sign_ins_, attempts_, tokens_, secrets_.master_keys,
             parts.acts, parts.clock}),
      operator_({directory_, registrar_, secrets_.master_keys, RaiseEpochs(parts.acts)}),
      admin_({directory_, registrar_, routing_configs_, audit_log_, secrets_.master_keys,
              [&acts = parts.acts](server::CallScope scope, ShopId shop, BuyerId buyer,
                                   std::string request_id) {
                return acts.EraseBuyer(std::move(scope), std::move(shop), std::move(buyer),
                                       std::move(request_id));
              }}) {}

void Identity::Register(Registry& registry) {
  auth_.Register(registry);
  operator_.Register(registry);
  admin_.Register(registry);
}

Task<absl::StatusOr<routing::KnownAgent>> Identity::FindAgent(ShopId shop, AgentId id) {
  absl::StatusOr<directory::AgentInfo> agent =
      co_await directory_.GetAgent(std::move(shop), std::move(id));
  if (!agent.ok()) co_return agent.status();
  if (!agent->in_service()) {
    co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_AGENT",
                    "There is no such agent; list the agents.");
  }
  co_return ToKnown(*agent);
}

Task<absl::Status> Identity::StillSignedIn(Caller caller) {
  co_return co_await authenticator_.StillHolds(std::move(caller));
}

Task<absl::StatusOr<BuyerId>> Identity::IdentifiedBuyer(ShopId shop, std::string external_id) {
  auth::IdentityClaim claim;
  claim.external_id = external_id;
  KEFU_CO_RETURN_IF_ERROR(auth::CheckIdentityFields(claim));
  absl::StatusOr<directory::ShopInfo> info = co_await directory_.GetShop(shop);
  if (!info.ok()) co_return info.status();
  co_return auth::IdentifiedBuyer(secrets_.master_keys, *info, external_id);
}

routing::KnownAgent ToKnown(const directory::AgentInfo& agent) {
  return {
      {agent.id, agent.capacity, agent.version, agent.abilities.skills, agent.abilities.languages},
      agent.display_name,
      agent.answer_limit_ms};
}

}  // namespace kefu::gateway
