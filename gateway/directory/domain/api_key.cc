#include "gateway/directory/domain/api_key.h"

#include <algorithm>

#include "gateway/directory/domain/fields.h"
#include "services/common/base/status.h"

namespace kefu::gateway::directory {

absl::StatusOr<Decision<ApiKey>> Apply(const std::optional<ApiKey>& key,
                                       const CreateApiKey& command, TimePoint now) {
  if (key) {
    return Error(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                 "The request id was used for another key; take a new one.");
  }
  KEFU_RETURN_IF_ERROR(CheckDisplayName("display_name", command.display_name, true));
  if (command.grant && command.grant->scopes.empty())
    return InvalidField("scopes", "Grant the program at least one.");
  ApiKey next{.display_name = command.display_name,
              .secret_hash = command.secret_hash,
              .derived_with = command.derived_with,
              .create_time = now,
              .grant = command.grant};
  if (next.grant) {
    std::vector<Scope>& scopes = next.grant->scopes;
    std::sort(scopes.begin(), scopes.end());
    scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
  }
  return Decision<ApiKey>{std::move(next), {{"key", command.key_id}}};
}

absl::StatusOr<Decision<ApiKey>> Apply(const std::optional<ApiKey>& key,
                                       const RevokeApiKey& command, TimePoint) {
  if (!key) return Error(absl::StatusCode::kNotFound, "NO_SUCH_KEY", "The shop has no such key.");
  ApiKey next = *key;
  next.revoked = true;
  return Decision<ApiKey>{std::move(next), {{"key", command.key_id}}};
}

}  // namespace kefu::gateway::directory
