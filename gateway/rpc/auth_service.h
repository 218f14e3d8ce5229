// kefu.gateway.v1.AuthService: how callers get their tokens. Threads: thread-safe.
#pragma once

#include "gateway/auth/attempt_limiter.h"
#include "gateway/auth/conversation_linker.h"
#include "gateway/auth/sign_in_desk.h"
#include "gateway/auth/sign_ins.h"
#include "gateway/auth/tokens.h"
#include "gateway/directory/directory.h"
#include "gateway/directory/key_ring.h"
#include "gateway/directory/registrar.h"
#include "gateway/edge/registry.h"
#include "proto/kefu/gateway/v1/auth.pb.h"
#include "services/common/base/clock.h"

namespace kefu::gateway {

class AuthService {
 public:
  struct Deps {
    directory::Directory& directory;
    directory::Registrar& registrar;
    auth::SignInDesk& desk;
    auth::SignIns& sign_ins;
    auth::AttemptLimiter& limiter;
    const auth::Tokens& tokens;
    const directory::KeyRing& master_keys;
    auth::ConversationLinker& linker;
    const Clock& clock;
  };
  explicit AuthService(const Deps& deps) : deps_(deps) {}
  void Register(Registry& registry);

  Task<absl::StatusOr<v1::SignInResponse>> SignIn(CallContext context, v1::SignInRequest request);
  Task<absl::StatusOr<v1::SignOutResponse>> SignOut(CallContext context,
                                                    v1::SignOutRequest request);
  Task<absl::StatusOr<v1::ChangePasswordResponse>> ChangePassword(
      CallContext context, v1::ChangePasswordRequest request);
  Task<absl::StatusOr<v1::StartGuestResponse>> StartGuest(CallContext context,
                                                          v1::StartGuestRequest request);
  Task<absl::StatusOr<v1::IdentifyBuyerResponse>> IdentifyBuyer(CallContext context,
                                                                v1::IdentifyBuyerRequest request);
  Task<absl::StatusOr<v1::WhoAmIResponse>> WhoAmI(CallContext context, v1::WhoAmIRequest request);

 private:
  Task<absl::Status> LinkGuest(CallContext context, ShopId shop, std::string guest_token,
                               BuyerId buyer);

  const Deps deps_;
};

}  // namespace kefu::gateway
