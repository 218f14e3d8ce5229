// Secret keys with ids, read from a file of lines `<key id> <64 hex>`: the first is current, those
// after it are still honoured. And what is done with them: sealing what rests in the store,
// deriving secrets, keyed hashes.
//
// Immutable, thread-safe. Keys are wiped when the ring goes.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::gateway::directory {

class KeyRing {
 public:
  struct Key {
    std::string id;
    std::array<unsigned char, 32> bytes;
  };

  // Blank lines and lines beginning with '#' are skipped. INVALID_ARGUMENT names the line;
  // `max_keys` bounds how many are active.
  static absl::StatusOr<KeyRing> Parse(std::string_view text, size_t max_keys);
  explicit KeyRing(std::vector<Key> keys) : keys_(std::move(keys)) {}
  KeyRing(KeyRing&&) = default;
  KeyRing& operator=(KeyRing&&) = default;
  ~KeyRing();

  const Key& current() const { return keys_.front(); }
  // Null if it is not active.
  const Key* Find(std::string_view id) const;

  // XChaCha20-Poly1305 with the current key. `context` must be the same at opening: it ties the
  // text to its place.
  std::string Seal(std::string_view text, std::string_view context) const;
  // INTERNAL UNSEAL_FAILED: the key is not active any more, or the text was altered or moved.
  absl::StatusOr<std::string> Open(std::string_view sealed, std::string_view context) const;
  // Sealed with the current key. What is not goes with the older key, unless it is sealed again.
  bool IsCurrent(std::string_view sealed) const;

 private:
  std::vector<Key> keys_;
};

// 32 bytes by keyed BLAKE2b over `purpose` and `text`, separated unambiguously.
std::string DeriveBytes(const KeyRing::Key& key, std::string_view purpose, std::string_view text);
// Unpadded base64url.
std::string Base64Url(std::string_view bytes);
// Refuses padding, other alphabets and bits beyond the end, so that a text has exactly one
// decoding.
absl::StatusOr<std::string> FromBase64Url(std::string_view text);
std::string Hex(std::string_view bytes);
// BLAKE2b-256.
std::string Hash(std::string_view bytes);
bool EqualInConstantTime(std::string_view a, std::string_view b);
std::string RandomBytes(size_t count);

}  // namespace kefu::gateway::directory
