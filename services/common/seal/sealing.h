// Encryption of personal data with a key per buyer (XChaCha20-Poly1305), and of those keys with the
// master key. Erasing a buyer means erasing the key. Pure functions and values; thread-compatible.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::seal {

inline constexpr size_t kSecretSize = 32;
inline constexpr size_t kDataKeyIdSize = 8;
inline constexpr size_t kPayloadHashSize = 16;

// Wiped when it goes away.
class Secret {
 public:
  Secret() = default;
  ~Secret();
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  static Secret Random();
  // `bytes` has kSecretSize bytes.
  static Secret From(std::string_view bytes);
  const uint8_t* data() const { return bytes_.data(); }
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes_.data()), kSecretSize};
  }

 private:
  std::array<uint8_t, kSecretSize> bytes_{};
};

// A buyer's key. The id is random and tells this key from the one that replaces it after an
// erasure.
struct DataKey {
  std::string id;
  Secret secret;

  static DataKey Random();
};

// Nonce and ciphertext; `context` must be the same when it is opened.
std::string Seal(const Secret& secret, std::string_view plaintext, std::string_view context);
// DATA_LOSS (SEAL_BROKEN) if it was sealed under another key or context, or damaged.
absl::StatusOr<std::string> Unseal(const Secret& secret, std::string_view sealed,
                                   std::string_view context);

// Tells whether two payloads are the same, without telling anything of them: kPayloadHashSize
// bytes, keyed.
std::string PayloadHash(const Secret& secret, std::string_view payload);

// A data key as stored.
struct WrappedKey {
  std::string id;
  std::string master_id;
  std::string wrapped;
};

// The keys that data keys are wrapped with: the first wraps, all unwrap, so that a new one can be
// put in front.
class MasterKeys {
 public:
  // Lines "<key id> <64 hex>"; two at most. INVALID_ARGUMENT says what is wrong, never the key.
  static absl::StatusOr<MasterKeys> Parse(std::string_view text);

  WrappedKey Wrap(const DataKey& key, std::string_view context) const;
  // FAILED_PRECONDITION (MASTER_KEY_MISSING) if the master key is not among these.
  absl::StatusOr<DataKey> Unwrap(const WrappedKey& stored, std::string_view context) const;
  // PayloadHash under the first key.
  std::string Fingerprint(std::string_view text) const;
  bool IsCurrent(std::string_view master_id) const { return master_id == keys_.front().id; }

 private:
  struct MasterKey {
    std::string id;
    Secret secret;
  };
  std::vector<MasterKey> keys_;
};

}  // namespace kefu::seal
