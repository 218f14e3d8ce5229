// Whatever is handed out to be shown again: tokens of buyers and staff, tokens of pages, base64url.
#include <string>

#include "gateway/auth/tokens.h"
#include "gateway/directory/key_ring.h"
#include "services/common/base/page_token.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {
namespace {

using gateway::auth::Audience;
using gateway::auth::TokenClaims;
using gateway::auth::Tokens;
using gateway::directory::KeyRing;

constexpr TimePoint kNow{1'700'000'001'000};

const Tokens& Signer() {
  static const auto* const ring =
      new KeyRing(KeyRing::Parse("t1 " + std::string(64, '1'), 2).value());
  static const auto* const tokens = new Tokens(*ring);
  return *tokens;
}

TokenClaims Claims(Audience audience) {
  const bool staff = audience == Audience::kStaff;
  return {.audience = audience,
          .shop = ShopId::Parse("demo").value(),
          .subject = staff ? AgentId::FromToken(std::string(26, 'a')).str()
                           : BuyerId::FromToken(std::string(26, 'b')).str(),
          .sign_in = staff ? std::string(26, 's') : "",
          .issue_time = kNow,
          .expire_time = kNow + gateway::auth::kStaffTokenMs};
}

// The corpus has one that holds.
void AnyToken(std::string_view text) {
  const auto claims = Signer().Verify(text, kNow);
  Expect(!claims.ok() || Signer().Sign(*claims) == text, "no token but what was signed holds");
}

void AlteredToken(std::string_view input) {
  const auto [staff, rest] = Choose(input, 2);
  std::string token = Signer().Sign(Claims(staff == 1 ? Audience::kStaff : Audience::kBuyer));
  Expect(Signer().Verify(token, kNow).ok(), "what was signed holds");
  const std::string signed_token = token;
  for (size_t i = 0; i + 1 < rest.size(); i += 2)
    token[static_cast<unsigned char>(rest[i]) * token.size() / 256] = rest[i + 1];
  Expect(token == signed_token || !Signer().Verify(token, kNow).ok(), "what was altered does not");
}

void PageToken(std::string_view text) {
  const std::string query = page_token::Query({"demo", "open"});
  const auto position = page_token::Decode(query, text);
  Expect(!position.ok() || text.empty() || page_token::Encode(query, *position) == text,
         "no page token but what was made is taken");
  const std::string token = page_token::Encode(query, text);
  const auto again = page_token::Decode(query, token);
  Expect(token.size() > 1024 || (again.ok() && *again == text), "a position comes back");
  Expect(!page_token::Decode(query + "x", token).ok(), "a page token is for one query only");
}

void Base64(std::string_view text) {
  namespace directory = gateway::directory;
  const auto bytes = directory::FromBase64Url(text);
  Expect(!bytes.ok() || directory::Base64Url(*bytes) == text, "bytes have one spelling");
  const auto again = directory::FromBase64Url(directory::Base64Url(text));
  Expect(again.ok() && *again == text, "bytes come back");
}

}  // namespace

void Try(std::string_view input) {
  const auto [kind, rest] = Choose(input, 4);
  if (kind == 0) AnyToken(rest);
  if (kind == 1) AlteredToken(rest);
  if (kind == 2) PageToken(rest);
  if (kind == 3) Base64(rest);
}

}  // namespace kefu::fuzz
