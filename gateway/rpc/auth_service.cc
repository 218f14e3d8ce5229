#include "gateway/rpc/auth_service.h"

#include <optional>
#include <utility>

#include "gateway/auth/buyer_identity.h"
#include "gateway/directory/domain/fields.h"
#include "gateway/directory/storage/records.h"
#include "gateway/rpc/identity_messages.h"
#include "gateway/rpc/methods.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using identity::ToRequest;
using identity::ToTimestamp;

// The same for the same two conversations, so that linking again is the same request.
std::string LinkRequestId(const ConversationId& from, const ConversationId& to) {
  return std::string("link:").append(from.token()).append(":").append(to.token());
}

// Nothing to link, or linked before, perhaps to another buyer: no reason to keep the buyer out.
bool IsNothingToLink(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsFailedPrecondition(status);
}

}  // namespace

void AuthService::Register(Registry& registry) {
  Methods<AuthService>(registry, "kefu.gateway.v1.AuthService", this)
      .Unary("SignIn", &AuthService::SignIn)
      .Unary("SignOut", &AuthService::SignOut)
      .Unary("ChangePassword", &AuthService::ChangePassword)
      .Unary("StartGuest", &AuthService::StartGuest)
      .Unary("IdentifyBuyer", &AuthService::IdentifyBuyer)
      .Unary("WhoAmI", &AuthService::WhoAmI);
}

Task<absl::StatusOr<v1::SignInResponse>> AuthService::SignIn(CallContext context,
                                                             v1::SignInRequest request) {
  auth::Credentials credentials{request.login(), request.password(), request.shop(), context.peer};
  KEFU_CO_ASSIGN_OR_RETURN(const auth::SignedIn signed_in,
                           co_await deps_.desk.SignIn(std::move(credentials)));
  v1::SignInResponse response;
  response.set_token(signed_in.token);
  *response.mutable_expire_time() = ToTimestamp(signed_in.expire_time);
  response.set_shop(signed_in.shop.str());
  response.set_agent(signed_in.agent.id.str());
  response.set_role(directory::ToRole(signed_in.agent.role));
  response.set_display_name(signed_in.agent.display_name);
  co_return response;
}

Task<absl::StatusOr<v1::SignOutResponse>> AuthService::SignOut(CallContext context,
                                                               v1::SignOutRequest) {
  KEFU_CO_RETURN_IF_ERROR(co_await deps_.sign_ins.End(context.shop(), context.caller.sign_in));
  co_return v1::SignOutResponse();
}

Task<absl::StatusOr<v1::ChangePasswordResponse>> AuthService::ChangePassword(
    CallContext context, v1::ChangePasswordRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Request command,
                           ToRequest(deps_.master_keys, context, "AuthService/ChangePassword",
                                     request.request_id(), request));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent_id, AgentId::Parse(context.caller.subject));
  KEFU_CO_ASSIGN_OR_RETURN(const directory::AgentInfo agent,
                           co_await deps_.directory.GetAgent(context.shop(), agent_id));
  if (agent.is_program()) co_return directory::BadCredentials();  // its policy lets none in
  // Somebody who found a signed-in browser must not guess the password in it.
  KEFU_CO_ASSIGN_OR_RETURN(auth::AttemptLimiter::Attempt attempt,
                           co_await deps_.limiter.Admit(agent.login, context.peer));
  KEFU_CO_ASSIGN_OR_RETURN(
      const uint64_t credentials_version,
      co_await deps_.registrar.ChangePassword(std::move(command), *agent.person,
                                              request.old_password(), request.new_password()));
  KEFU_CO_RETURN_IF_ERROR(co_await deps_.limiter.Succeeded(std::move(attempt)));
  KEFU_CO_RETURN_IF_ERROR(co_await deps_.sign_ins.Keep(context.shop(), context.caller.sign_in,
                                                       credentials_version, deps_.clock.Now()));
  co_return v1::ChangePasswordResponse();
}

Task<absl::StatusOr<v1::StartGuestResponse>> AuthService::StartGuest(
    CallContext, v1::StartGuestRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(
      directory::CheckDisplayName("display_name", request.display_name(), false));
  KEFU_CO_RETURN_IF_ERROR(co_await deps_.directory.GetShop(shop));
  const BuyerId buyer = BuyerId::New();
  const TimePoint now = deps_.clock.Now();
  const auth::TokenClaims claims{.audience = auth::Audience::kBuyer,
                                 .shop = shop,
                                 .subject = buyer.str(),
                                 .display_name = request.display_name(),
                                 .issue_time = now,
                                 .expire_time = now + auth::kGuestTokenMs};
  v1::StartGuestResponse response;
  response.set_token(deps_.tokens.Sign(claims));
  *response.mutable_expire_time() = ToTimestamp(claims.expire_time);
  response.set_buyer(buyer.str());
  response.set_conversation(ConversationOf(buyer).str());
  co_return response;
}

Task<absl::StatusOr<v1::IdentifyBuyerResponse>> AuthService::IdentifyBuyer(
    CallContext context, v1::IdentifyBuyerRequest request) {
  const auth::IdentityClaim claim{
      request.shop(),   request.external_id(), request.display_name(), request.timestamp(),
      request.key_id(), request.signature(),   request.priority()};
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(auth::CheckIdentityFields(claim));
  const absl::StatusOr<directory::ShopInfo> info = co_await deps_.directory.GetShop(shop);
  if (!info.ok() && !absl::IsNotFound(info.status())) co_return info.status();
  const TimePoint now = deps_.clock.Now();
  KEFU_CO_ASSIGN_OR_RETURN(
      const BuyerId buyer,
      auth::CheckIdentity(deps_.master_keys, info.ok() ? &*info : nullptr, claim, now));
  if (!request.guest_token().empty()) {
    KEFU_CO_RETURN_IF_ERROR(co_await LinkGuest(context, shop, request.guest_token(), buyer));
  }
  const auth::TokenClaims claims{.audience = auth::Audience::kBuyer,
                                 .shop = shop,
                                 .subject = buyer.str(),
                                 .display_name = request.display_name(),
                                 .identified = true,
                                 .priority = request.priority(),
                                 .issue_time = now,
                                 .expire_time = now + auth::kIdentifiedTokenMs};
  v1::IdentifyBuyerResponse response;
  response.set_token(deps_.tokens.Sign(claims));
  *response.mutable_expire_time() = ToTimestamp(claims.expire_time);
  response.set_buyer(buyer.str());
  response.set_conversation(ConversationOf(buyer).str());
  co_return response;
}

Task<absl::Status> AuthService::LinkGuest(CallContext context, ShopId shop, std::string guest_token,
                                          BuyerId buyer) {
  KEFU_CO_ASSIGN_OR_RETURN(const auth::TokenClaims guest,
                           deps_.tokens.Verify(guest_token, deps_.clock.Now()));
  // Only a guest of this shop: an identified buyer's conversation is nobody else's to continue.
  if (guest.audience != auth::Audience::kBuyer || guest.identified || guest.shop != shop)
    co_return auth::TokenInvalid();
  KEFU_CO_ASSIGN_OR_RETURN(const BuyerId guest_buyer, BuyerId::Parse(guest.subject));
  const ConversationId from = ConversationOf(guest_buyer), to = ConversationOf(buyer);
  const absl::Status linked =
      co_await deps_.linker.Link(context.scope, std::move(shop), from, to, LinkRequestId(from, to));
  co_return IsNothingToLink(linked) ? absl::OkStatus() : linked;
}

Task<absl::StatusOr<v1::WhoAmIResponse>> AuthService::WhoAmI(CallContext context,
                                                             v1::WhoAmIRequest) {
  v1::WhoAmIResponse response;
  response.set_role(context.caller.role);
  if (context.caller.shop) response.set_shop(context.caller.shop->str());
  response.set_subject(context.caller.subject);
  co_return response;
}

}  // namespace kefu::gateway
