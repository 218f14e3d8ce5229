#include "gateway/auth/buyer_identity.h"

#include <sodium.h>

#include "gateway/directory/domain/fields.h"
#include "gateway/directory/registrar.h"
#include "gateway/triage/triage.h"
#include "services/common/base/status.h"

namespace kefu::gateway::auth {
namespace {

constexpr size_t kMaxExternalId = 128;

absl::Status BadSignature() {
  return Error(
      absl::StatusCode::kUnauthenticated, "BAD_SIGNATURE",
      "The signature does not fit; check the shop, the key and the fields that were signed.");
}

}  // namespace

std::string SignIdentity(const std::string& key, const IdentityClaim& claim) {
  const std::string_view priority = NameOf(claim.priority);
  std::string text = (priority.empty() ? "v1\n" : "v2\n") + claim.shop + "\n" + claim.external_id +
                     "\n" + claim.display_name + "\n" + std::to_string(claim.timestamp);
  if (!priority.empty()) text.append("\n").append(priority);
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(key.data()),
                              key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()),
                                text.size());
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(mac.data()));
  return directory::Hex(mac);
}

absl::Status CheckIdentityFields(const IdentityClaim& claim) {
  if (claim.external_id.empty() || claim.external_id.size() > kMaxExternalId ||
      directory::HasControlCharacters(claim.external_id)) {
    return InvalidField("external_id",
                        "Give the buyer's id, 1 to 128 bytes without control characters.");
  }
  if (!NameOf(claim.priority).empty() && claim.priority != common::v1::PRIORITY_MEMBER &&
      claim.priority != common::v1::PRIORITY_VIP) {
    return InvalidField("priority", "A buyer is a member, a VIP, or neither.");
  }
  return directory::CheckDisplayName("display_name", claim.display_name, false);
}

absl::StatusOr<BuyerId> IdentifiedBuyer(const directory::KeyRing& master_keys,
                                        const directory::ShopInfo& shop,
                                        std::string_view external_id) {
  KEFU_ASSIGN_OR_RETURN(const std::string salt,
                        master_keys.Open(shop.sealed_salt, directory::BuyerSaltContext(shop.id)));
  return BuyerId::FromToken(DeriveToken(salt, external_id));
}

absl::StatusOr<BuyerId> CheckIdentity(const directory::KeyRing& master_keys,
                                      const directory::ShopInfo* shop, const IdentityClaim& claim,
                                      TimePoint now) {
  const int64_t now_seconds = now.ms / 1000;
  if (claim.timestamp < now_seconds - kIdentityWindowSeconds ||
      claim.timestamp > now_seconds + kIdentityWindowSeconds) {
    return Error(absl::StatusCode::kUnauthenticated, "TIMESTAMP_OUT_OF_RANGE",
                 "Sign with the present time in seconds since 1970; it may be 300 seconds off.");
  }
  // Without a shop or key, a key that nobody has.
  std::string key = directory::Hex(directory::RandomBytes(32));
  const directory::IdentityKey* sealed = shop ? shop->FindIdentityKey(claim.key_id) : nullptr;
  if (sealed != nullptr) {
    KEFU_ASSIGN_OR_RETURN(key, master_keys.Open(sealed->sealed, directory::IdentityKeyContext(
                                                                    shop->id, claim.key_id)));
  }
  const bool fits = directory::EqualInConstantTime(SignIdentity(key, claim), claim.signature);
  if (!fits || sealed == nullptr) return BadSignature();
  return IdentifiedBuyer(master_keys, *shop, claim.external_id);
}

}  // namespace kefu::gateway::auth
