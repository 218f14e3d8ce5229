// Signatures of what carriers' aggregators push.
#include <fmt/format.h>

#include <string>

#include "gateway/webhooks/signatures.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {
namespace {

using gateway::Headers;
using gateway::webhooks::SignatureHolds;

constexpr std::string_view kSecret = "salt";
constexpr size_t kTried = 8;

bool AfterShip(std::string_view body, const std::string& signature) {
  Headers headers;
  headers.Add("AfterShip-HMAC-SHA256", signature);
  return SignatureHolds("aftership", kSecret, headers, body);
}

bool Kuaidi100(std::string_view param, const std::string& signature) {
  std::string body = "sign=" + signature + "&param=";
  for (const char c : param) body += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return SignatureHolds("kuaidi100", kSecret, {}, body);
}

}  // namespace

void Try(std::string_view input) {
  for (const std::string_view source : {"aftership", "kuaidi100", ""})
    Expect(!SignatureHolds(source, kSecret, {}, input), "what nobody signed does not hold");
  const std::string hmac = gateway::webhooks::HmacSha256Base64(kSecret, input);
  const std::string md5 = gateway::webhooks::SaltedMd5(input, kSecret);
  Expect(AfterShip(input, hmac) && Kuaidi100(input, md5), "what was signed holds");
  for (size_t i = 0; i < input.size() && i < kTried; ++i) {
    std::string altered(input);
    altered[i] = static_cast<char>(altered[i] ^ 1);
    Expect(!AfterShip(altered, hmac) && !Kuaidi100(altered, md5), "what was altered does not");
  }
  for (size_t i = 0; i < hmac.size(); i += 8) {
    std::string altered = hmac;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    Expect(!AfterShip(input, altered), "another signature does not hold");
  }
}

}  // namespace kefu::fuzz
