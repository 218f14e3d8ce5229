#include "gateway/webhooks/signatures.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <array>
#include <optional>

#include "gateway/directory/key_ring.h"
#include "services/common/base/form.h"

namespace kefu::gateway::webhooks {
namespace {

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string HmacSha256Base64(std::string_view secret, std::string_view body) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, Bytes(secret), secret.size());
  crypto_auth_hmacsha256_update(&state, Bytes(body), body.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac;
  crypto_auth_hmacsha256_final(&state, mac.data());
  sodium_memzero(&state, sizeof(state));
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  std::string text(sodium_base64_ENCODED_LEN(crypto_auth_hmacsha256_BYTES, kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), mac.data(), mac.size(), kVariant);
  text.pop_back();  // the NUL that libsodium counts
  return text;
}

std::string SaltedMd5(std::string_view text, std::string_view salt) {
  std::string salted(text);
  salted.append(salt);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  // Nothing comes out where MD5 is switched off: then no signature holds.
  if (EVP_Digest(salted.data(), salted.size(), digest.data(), &size, EVP_md5(), nullptr) != 1)
    return "";
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

bool SignatureHolds(std::string_view source, std::string_view secret, const Headers& headers,
                    std::string_view body) {
  std::string expected;
  std::string given;
  if (source == "aftership") {
    expected = HmacSha256Base64(secret, body);
    given = std::string(headers.Get("aftership-hmac-sha256"));
  } else if (source == "kuaidi100") {
    const std::optional<std::string> param = FormField(body, "param");
    const std::optional<std::string> sign = FormField(body, "sign");
    if (!param || !sign) return false;
    expected = SaltedMd5(*param, secret);
    given = *sign;
  }
  return !expected.empty() && directory::EqualInConstantTime(expected, given);
}

}  // namespace kefu::gateway::webhooks
