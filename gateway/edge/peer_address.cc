#include "gateway/edge/peer_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "gateway/edge/http_message.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool IsMapped(const AddressBytes& address) {
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

bool SharesPrefix(const AddressBytes& a, const AddressBytes& b, int bits) {
  const size_t whole = static_cast<size_t>(bits) / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<uint8_t>(0xFF << (8 - rest));
  return (a[whole] & mask) == (b[whole] & mask);
}

// "[::1]:80", "1.2.3.4:80" and plain addresses, as proxies write them.
std::string_view WithoutPort(std::string_view entry) {
  if (!entry.empty() && entry.front() == '[') {
    const size_t end = entry.find(']');
    return end == std::string_view::npos ? std::string_view() : entry.substr(1, end - 1);
  }
  const size_t colon = entry.find(':');
  const bool one_colon =
      colon != std::string_view::npos && entry.find(':', colon + 1) == std::string_view::npos;
  return one_colon ? entry.substr(0, colon) : entry;
}

}  // namespace

std::optional<AddressBytes> ParseAddress(std::string_view text) {
  const std::string zero_ended(text);
  AddressBytes address{};
  if (inet_pton(AF_INET6, zero_ended.c_str(), address.data()) == 1) return address;
  std::copy(kMapped.begin(), kMapped.end(), address.begin());
  if (inet_pton(AF_INET, zero_ended.c_str(), address.data() + kMapped.size()) == 1) return address;
  return std::nullopt;
}

std::string FormatAddress(const AddressBytes& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (IsMapped(address)) {
    inet_ntop(AF_INET, address.data() + kMapped.size(), text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, address.data(), text, sizeof(text));
  }
  return text;
}

std::string AddressOfGrpcPeer(std::string_view peer) {
  const size_t colon = peer.find(':');
  const std::string_view scheme = peer.substr(0, colon);
  if (scheme != "ipv4" && scheme != "ipv6") return "127.0.0.1";
  std::string address(peer.substr(colon + 1));
  for (const auto& [escaped, bracket] : {std::pair("%5B", "["), std::pair("%5D", "]")}) {
    const size_t at = address.find(escaped);
    if (at != std::string::npos) address.replace(at, 3, bracket);
  }
  return std::string(WithoutPort(address));
}

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(const std::vector<std::string>& entries) {
  TrustedProxies proxies;
  for (const std::string& entry : entries) {
    const std::string_view text = entry;
    const size_t slash = text.find('/');
    const auto address = ParseAddress(text.substr(0, slash));
    if (!address) return InvalidField("trusted_proxies", "is not an address or network: " + entry);
    int bits = 128;
    if (slash != std::string_view::npos) {
      const std::string_view digits = text.substr(slash + 1);
      const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
      const int limit = IsMapped(*address) ? 32 : 128;
      if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || bits < 0 ||
          bits > limit) {
        return InvalidField("trusted_proxies", "has a bad prefix length: " + entry);
      }
      bits += 128 - limit;
    }
    proxies.networks_.push_back({*address, bits});
  }
  return proxies;
}

bool TrustedProxies::Contains(std::string_view address) const {
  if (networks_.empty()) return false;
  const auto parsed = ParseAddress(address);
  return parsed && std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
           return SharesPrefix(network.address, *parsed, network.prefix_bits);
         });
}

std::string TrustedProxies::ClientOf(std::string_view socket_address,
                                     std::string_view forwarded_for) const {
  std::string client(socket_address);
  // From the right: each trusted proxy vouches for the entry that it added, the one to its left.
  while (Contains(client) && !forwarded_for.empty()) {
    const size_t comma = forwarded_for.rfind(',');
    const size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
    const auto entry = ParseAddress(WithoutPort(TrimBlanks(forwarded_for.substr(begin))));
    if (!entry) break;
    client = FormatAddress(*entry);
    forwarded_for =
        comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
  }
  return client;
}

}  // namespace kefu::gateway
