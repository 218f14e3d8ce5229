#include "services/common/seal/sealing.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "services/common/base/ids.h"
#include "services/common/base/status.h"

namespace kefu::seal {
namespace {

constexpr size_t kNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagSize = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kMaxMasterKeys = 2;

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}
uint8_t* Bytes(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }

// What a wrapped key is bound to: it opens nobody else's data, and not under another id.
std::string WrapContext(std::string_view context, std::string_view id) {
  return "key:" + std::string(context) + ":" + std::string(id);
}

absl::Status BadMasterKeys(std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_MASTER_KEYS",
               "The master keys file needs one or two lines \"<key id> <64 hex digits>\": " +
                   std::string(what));
}

}  // namespace

Secret::~Secret() { sodium_memzero(bytes_.data(), bytes_.size()); }

Secret Secret::Random() {
  Secret secret;
  randombytes_buf(secret.bytes_.data(), secret.bytes_.size());
  return secret;
}

Secret Secret::From(std::string_view bytes) {
  Secret secret;
  std::memcpy(secret.bytes_.data(), bytes.data(), std::min(bytes.size(), kSecretSize));
  return secret;
}

DataKey DataKey::Random() { return {NewToken().substr(0, kDataKeyIdSize), Secret::Random()}; }

std::string Seal(const Secret& secret, std::string_view plaintext, std::string_view context) {
  std::string sealed(kNonceSize + plaintext.size() + kTagSize, '\0');
  randombytes_buf(sealed.data(), kNonceSize);
  crypto_aead_xchacha20poly1305_ietf_encrypt(Bytes(sealed) + kNonceSize, nullptr, Bytes(plaintext),
                                             plaintext.size(), Bytes(context), context.size(),
                                             nullptr, Bytes(sealed), secret.data());
  return sealed;
}

absl::StatusOr<std::string> Unseal(const Secret& secret, std::string_view sealed,
                                   std::string_view context) {
  const auto broken = [] {
    return Error(absl::StatusCode::kDataLoss, "SEAL_BROKEN",
                 "Sealed data does not open under its key.");
  };
  if (sealed.size() < kNonceSize + kTagSize) return broken();
  std::string plaintext(sealed.size() - kNonceSize - kTagSize, '\0');
  const int result = crypto_aead_xchacha20poly1305_ietf_decrypt(
      Bytes(plaintext), nullptr, nullptr, Bytes(sealed) + kNonceSize, sealed.size() - kNonceSize,
      Bytes(context), context.size(), Bytes(sealed), secret.data());
  if (result != 0) return broken();
  return plaintext;
}

std::string PayloadHash(const Secret& secret, std::string_view payload) {
  std::string hash(kPayloadHashSize, '\0');
  crypto_generichash(Bytes(hash), hash.size(), Bytes(payload), payload.size(), secret.data(),
                     kSecretSize);
  return hash;
}

absl::StatusOr<MasterKeys> MasterKeys::Parse(std::string_view text) {
  MasterKeys keys;
  std::istringstream lines{std::string(text)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string id, hex, more;
    if (!(words >> id)) continue;
    if (!(words >> hex) || (words >> more) || id.size() > 32)
      return BadMasterKeys("a line has another form.");
    std::string bytes(kSecretSize, '\0');
    size_t length = 0;
    const char* end = nullptr;
    const int result =
        sodium_hex2bin(Bytes(bytes), bytes.size(), hex.data(), hex.size(), nullptr, &length, &end);
    const bool whole = result == 0 && length == kSecretSize && end == hex.data() + hex.size();
    if (whole) keys.keys_.push_back({id, Secret::From(bytes)});
    sodium_memzero(bytes.data(), bytes.size());
    sodium_memzero(hex.data(), hex.size());
    if (!whole) return BadMasterKeys("a key is not 64 hex digits.");
  }
  if (keys.keys_.empty()) return BadMasterKeys("there is none.");
  if (keys.keys_.size() > kMaxMasterKeys) return BadMasterKeys("there are more than two.");
  if (keys.keys_.size() == 2 && keys.keys_[0].id == keys.keys_[1].id) {
    return BadMasterKeys("both have the same id.");
  }
  return keys;
}

WrappedKey MasterKeys::Wrap(const DataKey& key, std::string_view context) const {
  const MasterKey& master = keys_.front();
  return {key.id, master.id, Seal(master.secret, key.secret.view(), WrapContext(context, key.id))};
}

std::string MasterKeys::Fingerprint(std::string_view text) const {
  return PayloadHash(keys_.front().secret, "fingerprint:" + std::string(text));
}

absl::StatusOr<DataKey> MasterKeys::Unwrap(const WrappedKey& stored,
                                           std::string_view context) const {
  const auto master = std::find_if(
      keys_.begin(), keys_.end(), [&](const MasterKey& key) { return key.id == stored.master_id; });
  if (master == keys_.end()) {
    return Error(absl::StatusCode::kFailedPrecondition, "MASTER_KEY_MISSING",
                 "Data is wrapped under the master key " + stored.master_id +
                     ", which is not configured; add it.");
  }
  KEFU_ASSIGN_OR_RETURN(std::string bytes,
                        Unseal(master->secret, stored.wrapped, WrapContext(context, stored.id)));
  DataKey key{stored.id, Secret::From(bytes)};
  sodium_memzero(bytes.data(), bytes.size());
  return key;
}

}  // namespace kefu::seal
