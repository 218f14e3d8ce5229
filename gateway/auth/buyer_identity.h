// Buyers whom the shop's own site knows. The site signs who its visitor is with the shop's identity
// key; the same external id is always the same buyer.
//
// Pure; thread-safe. Errors: UNAUTHENTICATED with reason TIMESTAMP_OUT_OF_RANGE or BAD_SIGNATURE,
// the latter also if the shop or the key does not exist, and after the same work.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/directory/directory.h"
#include "gateway/directory/key_ring.h"
#include "proto/kefu/common/v1/entry.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::auth {

inline constexpr int64_t kIdentityWindowSeconds = 300;

struct IdentityClaim {
  std::string shop;
  std::string external_id;
  std::string display_name;
  // Seconds since 1970.
  int64_t timestamp = 0;
  std::string key_id;
  // Hex.
  std::string signature;
  // Member or VIP; unspecified: neither.
  common::v1::Priority priority = common::v1::PRIORITY_UNSPECIFIED;
};

// Hex HMAC-SHA256 over "v1\n<shop>\n<external_id>\n<display_name>\n<timestamp>", with a priority
// over "v2\n…\n<timestamp>\n<priority>"; the key is the text that the shop was shown, not what it
// might decode to.
std::string SignIdentity(const std::string& key, const IdentityClaim& claim);

// `shop` is null if there is none of that name. The claim's fields hold no line breaks (checked
// before).
absl::StatusOr<BuyerId> CheckIdentity(const directory::KeyRing& master_keys,
                                      const directory::ShopInfo* shop, const IdentityClaim& claim,
                                      TimePoint now);

// The buyer that the shop's own id stands for; always the same one.
absl::StatusOr<BuyerId> IdentifiedBuyer(const directory::KeyRing& master_keys,
                                        const directory::ShopInfo& shop,
                                        std::string_view external_id);

// INVALID_FIELD for what could not be signed unambiguously.
absl::Status CheckIdentityFields(const IdentityClaim& claim);

}  // namespace kefu::gateway::auth
