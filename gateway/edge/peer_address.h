// Who is at the other end when proxies stand between. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::gateway {

// An IPv4 or IPv6 address as 16 bytes; IPv4 in its mapped form, so that both spellings of one
// address are equal.
using AddressBytes = std::array<uint8_t, 16>;
std::optional<AddressBytes> ParseAddress(std::string_view text);
// The shortest usual spelling; a mapped IPv4 address as IPv4.
std::string FormatAddress(const AddressBytes& address);

// The address of a peer as gRPC names it: "ipv4:1.2.3.4:80", "ipv6:%5B::1%5D:80"; a unix socket is
// this machine's own, 127.0.0.1.
std::string AddressOfGrpcPeer(std::string_view peer);

// The proxies whose forwarding headers are believed.
class TrustedProxies {
 public:
  TrustedProxies() = default;
  // Addresses or networks ("10.0.0.0/8", "::1").
  static absl::StatusOr<TrustedProxies> Parse(const std::vector<std::string>& entries);

  bool Contains(std::string_view address) const;
  // The client behind a chain of trusted proxies: the last address of X-Forwarded-For that is not a
  // trusted proxy. The socket's own address if that is not a trusted proxy, or the header says
  // nothing credible.
  std::string ClientOf(std::string_view socket_address, std::string_view forwarded_for) const;

 private:
  struct Network {
    AddressBytes address;
    int prefix_bits;
  };
  std::vector<Network> networks_;
};

}  // namespace kefu::gateway
