#include "services/common/base/page_token.h"

#include <fmt/format.h>
#include <sodium.h>

#include "services/common/base/status.h"

namespace kefu::page_token {
namespace {

// Of the query and the position: enough to notice what was cut or mixed up.
constexpr size_t kTagBytes = 16;
constexpr size_t kMaxTokenBytes = 1024;
constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

std::string TagOf(std::string_view query, std::string_view position) {
  const std::string text = Query({"kefu-page-1", query, position});
  std::string tag(kTagBytes, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(tag.data()), tag.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return tag;
}

absl::Status BadPageToken() {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_PAGE_TOKEN",
               "Send the next_page_token of the page before, with the same filters, or none to "
               "begin anew.");
}

}  // namespace

std::string Query(std::initializer_list<std::string_view> parts) {
  std::string query;
  for (const std::string_view part : parts) query += fmt::format("{}:{},", part.size(), part);
  return query;
}

std::string Encode(std::string_view query, std::string_view position) {
  const std::string bytes = TagOf(query, position).append(position);
  std::string token(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(token.data(), token.size(),
                    reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), kVariant);
  token.pop_back();  // the NUL that libsodium counts
  return token;
}

absl::StatusOr<std::string> Decode(std::string_view query, std::string_view token) {
  if (token.empty()) return std::string();
  if (token.size() > kMaxTokenBytes) return BadPageToken();
  std::string bytes(token.size(), '\0');
  size_t size = 0;
  const char* end = nullptr;
  const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                       token.data(), token.size(), nullptr, &size, &end, kVariant);
  if (failed != 0 || end != token.data() + token.size() || size < kTagBytes) return BadPageToken();
  bytes.resize(size);
  std::string position = bytes.substr(kTagBytes);
  // Compared as text, for libsodium takes some bytes above 127 for digits.
  if (Encode(query, position) != token) return BadPageToken();
  return position;
}

}  // namespace kefu::page_token
