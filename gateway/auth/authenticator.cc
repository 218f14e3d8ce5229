#include "gateway/auth/authenticator.h"

#include <utility>

#include "gateway/directory/key_ring.h"
#include "gateway/directory/storage/records.h"
#include "services/common/base/status.h"

namespace kefu::gateway::auth {
namespace {

constexpr size_t kMaxBearer = 4096;
constexpr size_t kMinOperatorKey = 32;
constexpr char kOperator[] = "operator";

}  // namespace

absl::Status CheckOperatorKey(const std::string& operator_key) {
  if (operator_key.size() < kMinOperatorKey) {
    return absl::InvalidArgumentError("operator_key_file: the key must have at least 32 bytes");
  }
  return absl::OkStatus();
}

TokenAuthenticator::TokenAuthenticator(const Tokens& tokens, SignIns& sign_ins,
                                       directory::Directory& directory, const Clock& clock,
                                       const std::string& operator_key)
    : tokens_(tokens),
      sign_ins_(sign_ins),
      directory_(directory),
      clock_(clock),
      operator_key_hash_(directory::Hash(operator_key)) {}

Task<absl::StatusOr<Caller>> TokenAuthenticator::Authenticate(std::string bearer) {
  if (bearer.empty()) {
    co_return Error(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING",
                    "Send a token in the header \"Authorization: Bearer <token>\".");
  }
  if (bearer.size() > kMaxBearer) co_return TokenInvalid();
  if (Tokens::LooksLikeOne(bearer)) {
    KEFU_CO_ASSIGN_OR_RETURN(TokenClaims claims, tokens_.Verify(bearer, clock_.Now()));
    co_return co_await FromClaims(std::move(claims));
  }
  if (directory::Directory::LooksLikeApiKey(bearer)) {
    KEFU_CO_ASSIGN_OR_RETURN(const directory::ApiKeyHolder holder,
                             co_await directory_.ResolveApiKey(std::move(bearer)));
    co_return FromKey(holder);
  }
  // Hashes of equal length, so that neither content nor length shows in the time.
  if (!directory::EqualInConstantTime(directory::Hash(bearer), operator_key_hash_))
    co_return TokenInvalid();
  Caller caller;
  caller.role = ROLE_OPERATOR;
  caller.subject = kOperator;
  co_return caller;
}

Caller TokenAuthenticator::FromKey(const directory::ApiKeyHolder& holder) {
  Caller caller;
  caller.shop = holder.shop;
  if (!holder.grant) {
    caller.role = ROLE_INTEGRATOR;
    caller.subject = holder.key_id;
    return caller;
  }
  caller.role = ROLE_AGENT;
  caller.subject = holder.grant->agent.str();
  caller.program.emplace();
  caller.program->key = holder.key_id;
  for (const directory::Scope scope : holder.grant->scopes)
    caller.program->scopes.push_back(directory::ToScope(scope));
  return caller;
}

Task<absl::Status> TokenAuthenticator::StillHolds(Caller caller) {
  if (caller.program) {
    co_return co_await directory_.CheckApiKey(*caller.shop, std::move(caller.program->key));
  }
  const auto agent = co_await sign_ins_.Check(*caller.shop, caller.sign_in, caller.subject);
  co_return agent.status();
}

Task<absl::StatusOr<Caller>> TokenAuthenticator::FromClaims(TokenClaims claims) {
  Caller caller;
  caller.shop = claims.shop;
  caller.subject = claims.subject;
  if (claims.audience == Audience::kBuyer) {
    caller.role = ROLE_BUYER;
    caller.display_name = std::move(claims.display_name);
    caller.priority = claims.priority;
    co_return caller;
  }
  // The role is the directory's of this moment, not the one at sign-in.
  KEFU_CO_ASSIGN_OR_RETURN(const directory::AgentInfo agent,
                           co_await sign_ins_.Check(claims.shop, claims.sign_in, claims.subject));
  caller.role = directory::ToRole(agent.role);
  caller.sign_in = std::move(claims.sign_in);
  co_return caller;
}

}  // namespace kefu::gateway::auth
