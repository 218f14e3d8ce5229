#include "gateway/rpc/operator_service.h"

#include <utility>

#include "gateway/rpc/identity_messages.h"
#include "gateway/rpc/methods.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using identity::FromPageToken;
using identity::PageSize;
using identity::ToMessage;
using identity::ToNewAgent;
using identity::ToPageToken;
using identity::ToRequest;
using identity::ToUpdateShop;

}  // namespace

void OperatorService::Register(Registry& registry) {
  Methods<OperatorService>(registry, "kefu.gateway.v1.OperatorService", this)
      .Unary("CreateShop", &OperatorService::CreateShop)
      .Unary("ListShops", &OperatorService::ListShops)
      .Unary("UpdateShopOf", &OperatorService::UpdateShopOf)
      .Unary("CreatePerson", &OperatorService::CreatePerson)
      .Unary("SetPersonDisabled", &OperatorService::SetPersonDisabled)
      .Unary("CreateAgentIn", &OperatorService::CreateAgentIn)
      .Unary("RaiseStoreEpoch", &OperatorService::RaiseStoreEpoch);
}

Task<absl::StatusOr<v1::CreateShopResponse>> OperatorService::CreateShop(
    CallContext context, v1::CreateShopRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "OperatorService/CreateShop",
                                     request.request_id(), request));
  const absl::StatusOr<ShopId> id = ShopId::Parse(request.shop().shop());
  if (!id.ok())
    co_return InvalidField("shop.shop", "2 to 32 of a-z, 0-9 and '-', beginning with a letter.");
  directory::NewShop shop{*id,
                          request.shop().display_name(),
                          {request.shop().origins().begin(), request.shop().origins().end()}};
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::CreatedShop created,
      co_await deps_.registrar.CreateShop(std::move(command), std::move(shop)));
  v1::CreateShopResponse response;
  *response.mutable_shop() = ToMessage(created.shop);
  response.set_identity_key_id(created.identity_key_id);
  response.set_identity_key(created.identity_key);
  co_return response;
}

Task<absl::StatusOr<v1::ListShopsResponse>> OperatorService::ListShops(
    CallContext, v1::ListShopsRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(std::string cursor, FromPageToken(request.page_token()));
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::Page<directory::ListedShop> page,
      co_await deps_.directory.ListShopPage(std::move(cursor), PageSize(request.page_size())));
  v1::ListShopsResponse response;
  for (const directory::ListedShop& shop : page.items) *response.add_shops() = ToMessage(shop);
  response.set_next_page_token(ToPageToken(page.next));
  co_return response;
}

Task<absl::StatusOr<v1::UpdateShopOfResponse>> OperatorService::UpdateShopOf(
    CallContext context, v1::UpdateShopOfRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "OperatorService/UpdateShopOf",
                                     request.request_id(), request));
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop().shop()));
  KEFU_CO_ASSIGN_OR_RETURN(directory::UpdateShop update, ToUpdateShop(shop, request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::ShopInfo updated,
      co_await deps_.registrar.UpdateShop(std::move(command), std::move(update)));
  v1::UpdateShopOfResponse response;
  *response.mutable_shop() = ToMessage(updated);
  co_return response;
}

Task<absl::StatusOr<v1::CreatePersonResponse>> OperatorService::CreatePerson(
    CallContext context, v1::CreatePersonRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "OperatorService/CreatePerson",
                                     request.request_id(), request));
  directory::NewPerson person{request.login(), request.display_name(), request.password()};
  KEFU_CO_ASSIGN_OR_RETURN(const PersonId id, co_await deps_.registrar.CreatePerson(
                                                  std::move(command), std::move(person)));
  v1::CreatePersonResponse response;
  response.set_person(id.str());
  co_return response;
}

Task<absl::StatusOr<v1::SetPersonDisabledResponse>> OperatorService::SetPersonDisabled(
    CallContext context, v1::SetPersonDisabledRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command, ToRequest(deps_.master_keys, context,
                                                             "OperatorService/SetPersonDisabled",
                                                             request.request_id(), request));
  KEFU_CO_RETURN_IF_ERROR(co_await deps_.registrar.SetPersonDisabled(
      std::move(command), request.login(), request.disabled()));
  co_return v1::SetPersonDisabledResponse();
}

Task<absl::StatusOr<v1::CreateAgentInResponse>> OperatorService::CreateAgentIn(
    CallContext context, v1::CreateAgentInRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "OperatorService/CreateAgentIn",
                                     request.request_id(), request));
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(directory::NewAgent agent, ToNewAgent(request.agent()));
  KEFU_CO_ASSIGN_OR_RETURN(
      const directory::AgentInfo created,
      co_await deps_.registrar.CreateAgent(std::move(command), shop, std::move(agent)));
  v1::CreateAgentInResponse response;
  *response.mutable_agent() = ToMessage(created);
  co_return response;
}

Task<absl::StatusOr<v1::RaiseStoreEpochResponse>> OperatorService::RaiseStoreEpoch(
    CallContext context, v1::RaiseStoreEpochRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "OperatorService/RaiseStoreEpoch",
                                     request.request_id(), request));
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(co_await deps_.directory.GetShop(shop));
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<std::string> before,
                           co_await deps_.registrar.Remembered(command, shop));
  v1::RaiseStoreEpochResponse response;
  if (before) {
    if (!response.ParseFromString(*before))
      co_return absl::InternalError("a remembered result cannot be read");
    co_return response;
  }
  using Epochs = std::map<std::string, uint64_t>;
  KEFU_CO_ASSIGN_OR_RETURN(const Epochs epochs,
                           co_await deps_.raise_epochs(context.scope, shop, request.request_id()));
  for (const auto& [service, epoch] : epochs) (*response.mutable_epochs())[service] = epoch;
  KEFU_CO_RETURN_IF_ERROR(
      co_await deps_.registrar.Remember(std::move(command), shop, response.SerializeAsString()));
  co_return response;
}

}  // namespace kefu::gateway
