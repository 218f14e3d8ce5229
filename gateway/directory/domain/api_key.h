// A key with which a program of the shop calls. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <vector>

#include "gateway/directory/domain/decision.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::directory {

// What a program may do; numbers as in proto/kefu/options.proto, where they are described.
enum class Scope {
  kSessions = 2,
  kSuggest = 3,
  kOrdersRead = 4,
  kCasesWrite = 5,
  kCasesDecide = 6,
};

// Makes whoever holds the key that agent, a program, within the scopes.
struct Grant {
  AgentId agent;
  // In their order, each once.
  std::vector<Scope> scopes;
  bool operator==(const Grant&) const = default;
};

struct ApiKey {
  std::string display_name;
  std::string secret_hash;
  // Id of the master key that the secret was derived from.
  std::string derived_with;
  bool revoked = false;
  TimePoint create_time;
  // None: an integrator's.
  std::optional<Grant> grant;
  bool operator==(const ApiKey&) const = default;
};

struct CreateApiKey {
  std::string key_id;
  std::string display_name;
  std::string secret_hash;
  std::string derived_with;
  std::optional<Grant> grant;
};

struct RevokeApiKey {
  std::string key_id;
};

// INVALID_FIELD; ALREADY_EXISTS REQUEST_ID_REUSED.
absl::StatusOr<Decision<ApiKey>> Apply(const std::optional<ApiKey>& key,
                                       const CreateApiKey& command, TimePoint now);
// NOT_FOUND NO_SUCH_KEY. Revoking again changes nothing.
absl::StatusOr<Decision<ApiKey>> Apply(const std::optional<ApiKey>& key,
                                       const RevokeApiKey& command, TimePoint now);

}  // namespace kefu::gateway::directory
