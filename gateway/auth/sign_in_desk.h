// Signing in with login and password. Whoever may not enter gets the same answer after the same
// work: unknown login, wrong password, disabled, no agent of the shop, no such shop.
//
// Threads: thread-safe.
// Errors: UNAUTHENTICATED BAD_CREDENTIALS; RESOURCE_EXHAUSTED TOO_MANY_ATTEMPTS or
// PASSWORD_QUEUE_FULL with a retry delay; FAILED_PRECONDITION SHOP_REQUIRED; INVALID_FIELD; those
// of redis/client.h.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "gateway/auth/attempt_limiter.h"
#include "gateway/auth/sign_ins.h"
#include "gateway/auth/tokens.h"
#include "gateway/directory/directory.h"
#include "gateway/directory/passwords.h"
#include "services/common/base/clock.h"

namespace kefu::gateway::auth {

struct Credentials {
  std::string login;
  std::string password;
  // May be empty if the person is an agent in exactly one shop.
  std::string shop;
  // The caller's address.
  std::string peer;
};

struct SignedIn {
  std::string token;
  TimePoint expire_time;
  ShopId shop;
  directory::AgentInfo agent;
};

class SignInDesk {
 public:
  struct Deps {
    directory::Directory& directory;
    directory::Passwords& passwords;
    AttemptLimiter& limiter;
    SignIns& sign_ins;
    const Tokens& tokens;
    const Clock& clock;
  };
  explicit SignInDesk(const Deps& deps) : deps_(deps) {}

  Task<absl::StatusOr<SignedIn>> SignIn(Credentials credentials);

 private:
  // None: nobody has that login.
  Task<absl::StatusOr<std::optional<directory::PersonInfo>>> FindPerson(std::string login);
  Task<absl::StatusOr<std::optional<directory::AgentInfo>>> FindAgent(directory::PersonInfo person,
                                                                      ShopId shop);

  const Deps deps_;
};

}  // namespace kefu::gateway::auth
