#include "gateway/edge/peer_address.h"

#include <gtest/gtest.h>

namespace kefu::gateway {
namespace {

TEST(Address, HasOneSpelling) {
  EXPECT_EQ(FormatAddress(*ParseAddress("::ffff:10.1.2.3")), "10.1.2.3");
  EXPECT_EQ(FormatAddress(*ParseAddress("10.1.2.3")), "10.1.2.3");
  EXPECT_EQ(FormatAddress(*ParseAddress("2001:DB8:0::1")), "2001:db8::1");
  EXPECT_FALSE(ParseAddress("10.1.2"));
  EXPECT_FALSE(ParseAddress("localhost"));
}

TEST(TrustedProxies, AreAddressesOrNetworks) {
  const TrustedProxies proxies = *TrustedProxies::Parse({"127.0.0.1", "10.0.0.0/9", "fd00::/8"});
  for (const auto* inside : {"127.0.0.1", "10.127.255.255", "::ffff:10.0.0.1", "fd12::9"}) {
    EXPECT_TRUE(proxies.Contains(inside)) << inside;
  }
  for (const auto* outside : {"127.0.0.2", "10.128.0.0", "fe00::1", "not an address", ""}) {
    EXPECT_FALSE(proxies.Contains(outside)) << outside;
  }
}

TEST(TrustedProxies, RefuseMalformedEntries) {
  for (const auto* bad :
       {"10.0.0.0/33", "fd00::/129", "proxy", "10.0.0.1/", "10.0.0.1/x", "10.0.0.1/-1"}) {
    EXPECT_FALSE(TrustedProxies::Parse({bad}).ok()) << bad;
  }
}

TEST(ClientAddress, IsTheLastForwardedOneThatIsNoProxy) {
  const TrustedProxies proxies = *TrustedProxies::Parse({"10.0.0.0/8"});
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "6.6.6.6, 9.9.9.9, 10.0.0.2"), "9.9.9.9");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "9.9.9.9:1234"), "9.9.9.9");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "[2001:db8::1]:80"), "2001:db8::1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "10.0.0.3"), "10.0.0.3");
}

TEST(ClientAddress, IgnoresSpoofedHeaders) {
  const TrustedProxies proxies = *TrustedProxies::Parse({"10.0.0.0/8"});
  EXPECT_EQ(proxies.ClientOf("9.9.9.9", "10.0.0.1, 1.2.3.4"), "9.9.9.9");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "junk"), "10.0.0.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(TrustedProxies().ClientOf("127.0.0.1", "1.2.3.4"), "127.0.0.1");
}

TEST(PeerAddressTest, PeersOfGrpcAreTakenOutOfTheirNames) {
  EXPECT_EQ(AddressOfGrpcPeer("ipv4:192.0.2.7:50123"), "192.0.2.7");
  EXPECT_EQ(AddressOfGrpcPeer("ipv6:%5B2001:db8::1%5D:50123"), "2001:db8::1");
  EXPECT_EQ(AddressOfGrpcPeer("ipv6:[::1]:50123"), "::1");
  EXPECT_EQ(AddressOfGrpcPeer("unix:/run/proxy.sock"), "127.0.0.1");
  EXPECT_EQ(AddressOfGrpcPeer("inproc"), "127.0.0.1");
}

}  // namespace
}  // namespace kefu::gateway
