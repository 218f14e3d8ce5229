// A shop as the directory knows it. Pure: state, command, time → decision.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <vector>

#include "gateway/directory/domain/decision.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::directory {

// For the shop's signatures over its buyers' identities.
struct IdentityKey {
  std::string key_id;
  std::string sealed;
  bool operator==(const IdentityKey&) const = default;
};

struct Shop {
  std::string display_name;
  std::vector<std::string> origins;
  TimePoint create_time;
  // Buyers' ids are derived from it.
  std::string sealed_salt;
  // Newest first. Two at most, so that a site can change over without a moment in which neither
  // counts.
  std::vector<IdentityKey> identity_keys;
  bool operator==(const Shop&) const = default;

  // Null if there is no such key.
  const IdentityKey* FindIdentityKey(std::string_view key_id) const;
};

struct CreateShop {
  ShopId shop;
  std::string display_name;
  std::vector<std::string> origins;
  std::string sealed_salt;
  IdentityKey identity_key;
};

struct UpdateShop {
  ShopId shop;
  std::string display_name;
  std::vector<std::string> origins;
  // Absent: whatever it is.
  std::optional<uint64_t> expected_version;
};

struct RotateIdentityKey {
  ShopId shop;
  IdentityKey key;
};

// ALREADY_EXISTS SHOP_TAKEN; INVALID_FIELD.
absl::StatusOr<Decision<Shop>> Apply(const std::optional<Shop>& shop, const CreateShop& command,
                                     TimePoint now);
// NOT_FOUND NO_SUCH_SHOP; ABORTED ETAG_MISMATCH; INVALID_FIELD.
absl::StatusOr<Decision<Shop>> Apply(const std::optional<Shop>& shop, uint64_t version,
                                     const UpdateShop& command, TimePoint now);
// NOT_FOUND NO_SUCH_SHOP.
absl::StatusOr<Decision<Shop>> Apply(const std::optional<Shop>& shop,
                                     const RotateIdentityKey& command, TimePoint now);

absl::Status NoSuchShop();
absl::Status ShopTaken();

}  // namespace kefu::gateway::directory
