// The one place where a bearer token becomes a Caller: the operator's key, a shop's API key, or a
// token signed by the gateway.
//
// Thread-safe. Errors: see caller.h.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "gateway/auth/caller.h"
#include "gateway/auth/sign_ins.h"
#include "gateway/auth/tokens.h"
#include "gateway/directory/directory.h"
#include "services/common/base/clock.h"

namespace kefu::gateway::auth {

class TokenAuthenticator final : public Authenticator {
 public:
  // `operator_key`: at least 32 bytes (see CheckOperatorKey); only its hash is kept.
  TokenAuthenticator(const Tokens& tokens, SignIns& sign_ins, directory::Directory& directory,
                     const Clock& clock, const std::string& operator_key);

  Task<absl::StatusOr<Caller>> Authenticate(std::string bearer) override;
  // Whether what an agent's credential stood for when a stream began still stands: the sign-in, or
  // a program's key. UNAUTHENTICATED TOKEN_REVOKED if not.
  Task<absl::Status> StillHolds(Caller caller);

 private:
  static Caller FromKey(const directory::ApiKeyHolder& holder);
  Task<absl::StatusOr<Caller>> FromClaims(TokenClaims claims);

  const Tokens& tokens_;
  SignIns& sign_ins_;
  directory::Directory& directory_;
  const Clock& clock_;
  const std::string operator_key_hash_;
};

// INVALID_ARGUMENT if it is too short to be safe.
absl::Status CheckOperatorKey(const std::string& operator_key);

}  // namespace kefu::gateway::auth
