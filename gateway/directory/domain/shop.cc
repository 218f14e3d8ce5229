#include "gateway/directory/domain/shop.h"

#include "gateway/directory/domain/fields.h"
#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

constexpr size_t kActiveIdentityKeys = 2;
// Stands for "before any shop" in keys and topics.
constexpr std::string_view kReservedShop = "sys";

std::vector<DirectoryEvent> Changed(const ShopId& shop) { return {{"shop", shop.str()}}; }

template <class Command>
absl::Status CheckTexts(const Command& command) {
  KEFU_RETURN_IF_ERROR(CheckDisplayName("shop.display_name", command.display_name, true));
  return CheckOrigins("shop.origins", command.origins);
}

}  // namespace

const IdentityKey* Shop::FindIdentityKey(std::string_view key_id) const {
  for (const IdentityKey& key : identity_keys) {
    if (key.key_id == key_id) return &key;
  }
  return nullptr;
}

absl::Status NoSuchShop() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_SHOP", "There is no such shop; check its id.");
}

absl::Status ShopTaken() {
  return Error(absl::StatusCode::kAlreadyExists, "SHOP_TAKEN",
               "A shop has this id already; choose another one.");
}

absl::StatusOr<Decision<Shop>> Apply(const std::optional<Shop>& shop, const CreateShop& command,
                                     TimePoint now) {
  if (shop) return ShopTaken();
  if (command.shop.str() == kReservedShop)
    return InvalidField("shop.shop", "\"sys\" is reserved; choose another id.");
  KEFU_RETURN_IF_ERROR(CheckTexts(command));
  Shop next{.display_name = command.display_name,
            .origins = command.origins,
            .create_time = now,
            .sealed_salt = command.sealed_salt,
            .identity_keys = {command.identity_key}};
  return Decision<Shop>{std::move(next), Changed(command.shop)};
}

absl::StatusOr<Decision<Shop>> Apply(const std::optional<Shop>& shop, uint64_t version,
                                     const UpdateShop& command, TimePoint) {
  if (!shop) return NoSuchShop();
  KEFU_RETURN_IF_ERROR(CheckTexts(command));
  KEFU_RETURN_IF_ERROR(CheckVersion(command.expected_version, version, "The shop"));
  Shop next = *shop;
  next.display_name = command.display_name;
  next.origins = command.origins;
  return Decision<Shop>{std::move(next), Changed(command.shop)};
}

absl::StatusOr<Decision<Shop>> Apply(const std::optional<Shop>& shop,
                                     const RotateIdentityKey& command, TimePoint) {
  if (!shop) return NoSuchShop();
  Shop next = *shop;
  next.identity_keys.insert(next.identity_keys.begin(), command.key);
  if (next.identity_keys.size() > kActiveIdentityKeys)
    next.identity_keys.resize(kActiveIdentityKeys);
  return Decision<Shop>{std::move(next), Changed(command.shop)};
}

}  // namespace kefu::gateway::directory
