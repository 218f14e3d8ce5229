// The directory's answers as API messages, and requests as commands: what the three identity
// services share.
#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/message_lite.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/auth/caller.h"
#include "gateway/directory/directory.h"
#include "gateway/directory/domain/audit_chain.h"
#include "gateway/directory/key_ring.h"
#include "gateway/directory/registrar.h"
#include "proto/kefu/gateway/v1/admin.pb.h"

namespace kefu::gateway::identity {

v1::Shop ToMessage(const directory::ListedShop& shop);
v1::Shop ToMessage(const directory::ShopInfo& shop);
v1::Agent ToMessage(const directory::AgentInfo& agent);
v1::ApiKey ToMessage(const directory::ApiKeyInfo& key);
v1::AuditEntry ToMessage(const directory::ChainedEntry& entry);

google::protobuf::Timestamp ToTimestamp(TimePoint time);

// `id`: whose shop it is.
absl::StatusOr<directory::UpdateShop> ToUpdateShop(const ShopId& id, const v1::Shop& shop);
absl::StatusOr<directory::NewAgent> ToNewAgent(const v1::Agent& agent);
// 0: none.
absl::StatusOr<int64_t> ToAnswerLimitMs(const v1::Agent& agent);
// None: an integrator's key.
absl::StatusOr<std::optional<directory::Grant>> ToGrant(const v1::CreateApiKeyRequest& request);

// The identity of a write: `request` includes its request id. INVALID_ARGUMENT if that is not one.
absl::StatusOr<redis::Request> ToRequest(const directory::KeyRing& master_keys,
                                         const CallContext& context, std::string_view method,
                                         std::string_view request_id,
                                         const google::protobuf::MessageLite& request);

// An etag as the version that the caller has seen; none if empty.
absl::StatusOr<std::optional<uint64_t>> VersionOf(std::string_view field, const std::string& etag);

// Lists page by an opaque token. 0 asks for 100, 500 is the most.
uint32_t PageSize(uint32_t asked);
std::string ToPageToken(std::string_view cursor);
absl::StatusOr<std::string> FromPageToken(std::string_view token);

}  // namespace kefu::gateway::identity
