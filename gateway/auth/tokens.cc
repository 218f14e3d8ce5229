#include "gateway/auth/tokens.h"

#include <sodium.h>

#include <utility>

#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway::auth {
namespace {

using directory::Base64Url;
using directory::EqualInConstantTime;
using directory::FromBase64Url;
using directory::KeyRing;

constexpr std::string_view kVersionPrefix = "v1.";
constexpr size_t kMaxToken = 4096;
// Gateways' clocks may differ by this much.
constexpr int64_t kClockSkewMs = 5 * 60 * 1000;

std::string Mac(const KeyRing::Key& key, std::string_view text) {
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.bytes.data(), key.bytes.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()),
                                text.size());
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(mac.data()));
  return mac;
}

absl::StatusOr<TokenClaims> ToClaims(const v1::TokenPayload& payload) {
  const absl::StatusOr<ShopId> shop = ShopId::Parse(payload.shop());
  if (!shop.ok()) return TokenInvalid();
  TokenClaims claims{.shop = *shop,
                     .subject = payload.subject(),
                     .sign_in = payload.sign_in(),
                     .display_name = payload.display_name(),
                     .identified = payload.identified(),
                     .priority = payload.priority(),
                     .issue_time = {payload.issue_time_ms()},
                     .expire_time = {payload.expire_time_ms()}};
  switch (payload.audience()) {
    case v1::TokenPayload::AUDIENCE_BUYER:
      claims.audience = Audience::kBuyer;
      if (!BuyerId::Parse(claims.subject).ok() || !claims.sign_in.empty()) return TokenInvalid();
      return claims;
    case v1::TokenPayload::AUDIENCE_STAFF:
      claims.audience = Audience::kStaff;
      if (!AgentId::Parse(claims.subject).ok() || !IsToken(claims.sign_in)) return TokenInvalid();
      return claims;
    default:
      return TokenInvalid();
  }
}

}  // namespace

absl::Status TokenInvalid() {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
               "The token is not valid; sign in again.");
}

bool Tokens::LooksLikeOne(std::string_view token) {
  return token.substr(0, kVersionPrefix.size()) == kVersionPrefix;
}

std::string Tokens::Sign(const TokenClaims& claims) const {
  v1::TokenPayload payload;
  payload.set_audience(claims.audience == Audience::kStaff ? v1::TokenPayload::AUDIENCE_STAFF
                                                           : v1::TokenPayload::AUDIENCE_BUYER);
  payload.set_shop(claims.shop.str());
  payload.set_subject(claims.subject);
  payload.set_sign_in(claims.sign_in);
  payload.set_display_name(claims.display_name);
  payload.set_identified(claims.identified);
  payload.set_priority(claims.priority);
  payload.set_issue_time_ms(claims.issue_time.ms);
  payload.set_expire_time_ms(claims.expire_time.ms);
  const KeyRing::Key& key = keys_.current();
  std::string token(kVersionPrefix);
  token.append(key.id).append(".").append(Base64Url(payload.SerializeAsString()));
  const std::string mac = Mac(key, token);
  return token.append(".").append(Base64Url(mac));
}

absl::StatusOr<TokenClaims> Tokens::Verify(std::string_view token, TimePoint now) const {
  if (token.size() > kMaxToken || !LooksLikeOne(token)) return TokenInvalid();
  const size_t last = token.rfind('.');
  const size_t middle = token.find('.', kVersionPrefix.size());
  // Exactly four parts.
  if (middle == std::string_view::npos || middle >= last || token.find('.', middle + 1) != last)
    return TokenInvalid();
  const KeyRing::Key* key =
      keys_.Find(token.substr(kVersionPrefix.size(), middle - kVersionPrefix.size()));
  if (key == nullptr) return TokenInvalid();
  const absl::StatusOr<std::string> mac = FromBase64Url(token.substr(last + 1));
  if (!mac.ok() || !EqualInConstantTime(*mac, Mac(*key, token.substr(0, last))))
    return TokenInvalid();

  const absl::StatusOr<std::string> bytes =
      FromBase64Url(token.substr(middle + 1, last - middle - 1));
  v1::TokenPayload payload;
  if (!bytes.ok() || !payload.ParseFromString(*bytes)) return TokenInvalid();
  KEFU_ASSIGN_OR_RETURN(TokenClaims claims, ToClaims(payload));
  if (claims.issue_time > now + kClockSkewMs) return TokenInvalid();
  if (claims.expire_time <= now) {
    return Error(absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED",
                 "The token has expired; sign in again.");
  }
  return claims;
}

}  // namespace kefu::gateway::auth
