#include "gateway/directory/domain/fields.h"

#include <algorithm>
#include <charconv>

#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

constexpr size_t kMinLogin = 3, kMaxLogin = 64;
constexpr size_t kMinPassword = 10, kMaxPassword = 128;
constexpr size_t kMaxOrigins = 20, kMaxOriginBytes = 253;

bool IsLowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsHost(std::string_view host) {
  return !host.empty() && IsLowerAlnum(host.front()) && IsLowerAlnum(host.back()) &&
         host.find("..") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return IsLowerAlnum(c) || c == '-' || c == '.'; });
}

bool IsPort(std::string_view port) {
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && port.front() != '0' &&
         number >= 1 && number <= 65535;
}

}  // namespace

bool HasControlCharacters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

absl::Status CheckDisplayName(std::string_view field, std::string_view text, bool required) {
  if (required && text.empty()) return InvalidField(field, "Give a name to be shown.");
  if (text.size() > kDisplayNameBytes) return InvalidField(field, "Shorten it to 128 bytes.");
  if (HasControlCharacters(text))
    return InvalidField(field, "Leave out line breaks and other control characters.");
  return absl::OkStatus();
}

absl::Status CheckLogin(std::string_view field, std::string_view text) {
  const bool good =
      text.size() >= kMinLogin && text.size() <= kMaxLogin &&
      std::all_of(text.begin(), text.end(), [](char c) {
        return IsLowerAlnum(c) || std::string_view("._-@+").find(c) != std::string_view::npos;
      });
  if (!good) return InvalidField(field, "A login is 3 to 64 of a-z, 0-9 and \"._-@+\".");
  return absl::OkStatus();
}

absl::Status CheckNewPassword(std::string_view field, std::string_view text) {
  if (text.size() < kMinPassword || text.size() > kMaxPassword) {
    return InvalidField(field, "A password has 10 to 128 bytes.");
  }
  return absl::OkStatus();
}

absl::Status CheckCapacity(std::string_view field, uint32_t capacity) {
  if (capacity > kMaxCapacity) return InvalidField(field, "The capacity is 0 to 1000.");
  return absl::OkStatus();
}

bool IsOrigin(std::string_view text) {
  if (text.size() > kMaxOriginBytes) return false;
  for (const auto& [scheme, default_port] :
       {std::pair<std::string_view, std::string_view>{"https://", "443"},
        std::pair<std::string_view, std::string_view>{"http://", "80"}}) {
    if (text.substr(0, scheme.size()) != scheme) continue;
    std::string_view host = text.substr(scheme.size());
    if (const size_t colon = host.find(':'); colon != std::string_view::npos) {
      const std::string_view port = host.substr(colon + 1);
      // Browsers leave the default port out, so that an origin with it would never match.
      if (port.empty() || !IsPort(port) || port == default_port) return false;
      host = host.substr(0, colon);
    }
    return IsHost(host);
  }
  return false;
}

absl::Status CheckOrigins(std::string_view field, const std::vector<std::string>& origins) {
  if (origins.size() > kMaxOrigins) return InvalidField(field, "At most 20 origins.");
  for (const std::string& origin : origins) {
    if (!IsOrigin(origin)) {
      return InvalidField(
          field,
          "An origin is like \"https://shop.example\": scheme, host in lower case, a port only if "
          "it is not the default one, and nothing after it.");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckVersion(std::optional<uint64_t> expected, uint64_t version,
                          std::string_view what) {
  if (!expected || *expected == version) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH",
               std::string(what) + " was changed meanwhile; read it again.",
               {{"etag", std::to_string(version)}});
}

}  // namespace kefu::gateway::directory
