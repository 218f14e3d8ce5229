#include "gateway/directory/key_ring.h"

#include <absl/strings/str_split.h>
#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == sizeof(KeyRing::Key::bytes));

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string* text) { return reinterpret_cast<unsigned char*>(text->data()); }

bool IsKeyId(std::string_view id) {
  return !id.empty() && id.size() <= 16 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// Never repeats what it read: the line may hold a key.
absl::Status BadLine(size_t number) {
  return absl::InvalidArgumentError(fmt::format(
      "key file, line {}: expected \"<key id> <64 hex digits>\", the id of a-z, 0-9, '-' and '_'",
      number));
}

absl::StatusOr<KeyRing::Key> ParseKey(std::string_view line, size_t number) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || !IsKeyId(line.substr(0, space))) return BadLine(number);
  std::string_view hex = line.substr(space + 1);
  while (!hex.empty() && (hex.back() == ' ' || hex.back() == '\r')) hex.remove_suffix(1);
  KeyRing::Key key{std::string(line.substr(0, space)), {}};
  size_t length = 0;
  if (hex.size() != 64 ||
      sodium_hex2bin(key.bytes.data(), key.bytes.size(), hex.data(), hex.size(), nullptr, &length,
                     nullptr) != 0 ||
      length != key.bytes.size()) {
    return BadLine(number);
  }
  return key;
}

absl::Status UnsealFailed() {
  return Error(absl::StatusCode::kInternal, "UNSEAL_FAILED",
               "A stored secret cannot be opened; is its master key still in the key file?");
}

}  // namespace

absl::StatusOr<KeyRing> KeyRing::Parse(std::string_view text, size_t max_keys) {
  std::vector<Key> keys;
  size_t number = 0;
  for (absl::string_view raw : absl::StrSplit(ToAbsl(text), '\n')) {
    const std::string_view line = FromAbsl(raw);
    ++number;
    if (line.find_first_not_of(" \r") == std::string_view::npos || line.front() == '#') continue;
    KEFU_ASSIGN_OR_RETURN(Key key, ParseKey(line, number));
    if (std::any_of(keys.begin(), keys.end(),
                    [&](const Key& other) { return other.id == key.id; })) {
      return absl::InvalidArgumentError(
          fmt::format("key file, line {}: the id \"{}\" stands there twice", number, key.id));
    }
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return absl::InvalidArgumentError("key file: it has no key");
  if (keys.size() > max_keys) {
    return absl::InvalidArgumentError(
        fmt::format("key file: at most {} keys can be active", max_keys));
  }
  return KeyRing(std::move(keys));
}

KeyRing::~KeyRing() {
  for (Key& key : keys_) sodium_memzero(key.bytes.data(), key.bytes.size());
}

const KeyRing::Key* KeyRing::Find(std::string_view id) const {
  for (const Key& key : keys_) {
    if (key.id == id) return &key;
  }
  return nullptr;
}

// <length of key id><key id><nonce><ciphertext and tag>
std::string KeyRing::Seal(std::string_view text, std::string_view context) const {
  const Key& key = current();
  std::string sealed(1, static_cast<char>(key.id.size()));
  sealed += key.id;
  const std::string nonce = RandomBytes(kNonceBytes);
  sealed += nonce;
  const size_t head = sealed.size();
  sealed.resize(head + text.size() + kTagBytes);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(Bytes(&sealed) + head, &written, Bytes(text),
                                             text.size(), Bytes(context), context.size(), nullptr,
                                             Bytes(nonce), key.bytes.data());
  return sealed;
}

absl::StatusOr<std::string> KeyRing::Open(std::string_view sealed, std::string_view context) const {
  if (sealed.empty()) return UnsealFailed();
  const size_t id_size = static_cast<unsigned char>(sealed[0]);
  if (sealed.size() < 1 + id_size + kNonceBytes + kTagBytes) return UnsealFailed();
  const Key* key = Find(sealed.substr(1, id_size));
  if (key == nullptr) return UnsealFailed();
  const std::string_view nonce = sealed.substr(1 + id_size, kNonceBytes);
  const std::string_view box = sealed.substr(1 + id_size + kNonceBytes);
  std::string text(box.size() - kTagBytes, '\0');
  unsigned long long written = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(Bytes(&text), &written, nullptr, Bytes(box),
                                                 box.size(), Bytes(context), context.size(),
                                                 Bytes(nonce), key->bytes.data()) != 0) {
    return UnsealFailed();
  }
  return text;
}

bool KeyRing::IsCurrent(std::string_view sealed) const {
  const std::string& id = current().id;
  return !sealed.empty() && static_cast<unsigned char>(sealed[0]) == id.size() &&
         sealed.substr(1, id.size()) == id;
}

std::string DeriveBytes(const KeyRing::Key& key, std::string_view purpose, std::string_view text) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.bytes.data(), key.bytes.size(), 32);
  const std::string head = fmt::format("{}:{}", purpose.size(), purpose);
  crypto_generichash_update(&state, Bytes(head), head.size());
  crypto_generichash_update(&state, Bytes(text), text.size());
  std::string out(32, '\0');
  crypto_generichash_final(&state, Bytes(&out), out.size());
  return out;
}

std::string Base64Url(std::string_view bytes) {
  std::string text(
      sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), Bytes(bytes), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();  // its NUL
  return text;
}

absl::StatusOr<std::string> FromBase64Url(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  size_t length = 0;
  if (sodium_base642bin(Bytes(&bytes), bytes.size(), text.data(), text.size(), nullptr, &length,
                        nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0) {
    return absl::InvalidArgumentError("not base64url");
  }
  bytes.resize(length);
  // libsodium takes some bytes above 127 for digits.
  if (Base64Url(bytes) != text) return absl::InvalidArgumentError("not base64url");
  return bytes;
}

std::string Hex(std::string_view bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), Bytes(bytes), bytes.size());
  text.pop_back();  // its NUL
  return text;
}

std::string Hash(std::string_view bytes) {
  std::string hash(32, '\0');
  crypto_generichash(Bytes(&hash), hash.size(), Bytes(bytes), bytes.size(), nullptr, 0);
  return hash;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

}  // namespace kefu::gateway::directory
