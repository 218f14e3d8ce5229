// The tokens that the gateway signs: `v1.<key id>.<base64url payload>.<base64url HMAC-SHA256>`, the
// MAC over everything before the last dot. There is no choice of algorithm in a token. Two keys are
// active: the first signs, both verify.
//
// Immutable, thread-safe. Errors: UNAUTHENTICATED with reason TOKEN_INVALID or TOKEN_EXPIRED.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "gateway/directory/key_ring.h"
#include "proto/kefu/common/v1/entry.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::auth {

inline constexpr int64_t kStaffTokenMs = 12 * 3600 * 1000ll;
inline constexpr int64_t kGuestTokenMs = 30 * 24 * 3600 * 1000ll;
inline constexpr int64_t kIdentifiedTokenMs = 24 * 3600 * 1000ll;

enum class Audience { kBuyer, kStaff };

struct TokenClaims {
  Audience audience = Audience::kBuyer;
  ShopId shop;
  // Buyer or agent id.
  std::string subject;
  // Staff only.
  std::string sign_in;
  // Buyers only.
  std::string display_name;
  bool identified = false;
  common::v1::Priority priority = common::v1::PRIORITY_UNSPECIFIED;
  TimePoint issue_time;
  TimePoint expire_time;
};

class Tokens {
 public:
  explicit Tokens(const directory::KeyRing& keys) : keys_(keys) {}

  std::string Sign(const TokenClaims& claims) const;
  absl::StatusOr<TokenClaims> Verify(std::string_view token, TimePoint now) const;
  static bool LooksLikeOne(std::string_view token);

 private:
  const directory::KeyRing& keys_;
};

absl::Status TokenInvalid();

}  // namespace kefu::gateway::auth
