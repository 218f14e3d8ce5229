#include "gateway/auth/attempt_limiter.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway::auth {
namespace {

using kefu::test::Await;
using test::World;

class AttemptLimiterTest : public ::testing::Test {
 protected:
  absl::Status Try(const std::string& login, const std::string& address) {
    return Await(world_.here.limiter.Admit(login, address)).status();
  }
  World world_;
};

TEST_F(AttemptLimiterTest, TheEleventhAttemptInAMinuteIsRefusedPerLogin) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Try("li", "192.0.2." + std::to_string(i)).ok()) << i;
  const absl::Status refused = Try("li", "192.0.2.99");
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(refused), "TOO_MANY_ATTEMPTS");
  EXPECT_EQ(RetryDelayMs(refused), 60'000);
  EXPECT_TRUE(Try("wang", "192.0.2.99").ok());
}

TEST_F(AttemptLimiterTest, TheEleventhAttemptInAMinuteIsRefusedPerAddress) {
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(Try("login-" + std::to_string(i), "192.0.2.1").ok()) << i;
  EXPECT_EQ(ErrorReason(Try("somebody", "192.0.2.1")), "TOO_MANY_ATTEMPTS");
  EXPECT_TRUE(Try("somebody", "192.0.2.2").ok());
}

TEST_F(AttemptLimiterTest, TwoGatewaysCountTogether) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Await(world_.here.limiter.Admit("li", "192.0.2.1")).ok());
    ASSERT_TRUE(Await(world_.there.limiter.Admit("li", "192.0.2.1")).ok());
  }
  EXPECT_FALSE(Await(world_.there.limiter.Admit("li", "192.0.2.1")).ok());
}

TEST_F(AttemptLimiterTest, TheMinuteSlidesSoThatNoMinuteHoldsEleven) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Try("li", "").ok());
    world_.clock.Advance(1000);
  }
  world_.clock.Advance(49'999);  // a millisecond before the first one is a minute old
  const absl::Status refused = Try("li", "");
  EXPECT_EQ(RetryDelayMs(refused), 1);
  world_.clock.Advance(1);
  EXPECT_TRUE(Try("li", "").ok());
  EXPECT_FALSE(Try("li", "").ok());
}

TEST_F(AttemptLimiterTest, RefusedAttemptsDoNotProlongTheWait) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Try("li", "").ok());
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(Try("li", "").ok());
  world_.clock.Advance(60'000);
  EXPECT_TRUE(Try("li", "").ok());
}

TEST_F(AttemptLimiterTest, WhatSucceedsIsTakenBackFromItsAddressOnly) {
  for (int i = 0; i < 10; ++i) {
    auto attempt = Await(world_.here.limiter.Admit("li", "192.0.2.1"));
    ASSERT_TRUE(attempt.ok());
    ASSERT_TRUE(Await(world_.here.limiter.Succeeded(*attempt)).ok());
  }
  EXPECT_TRUE(Try("wang", "192.0.2.1").ok());
  EXPECT_FALSE(Try("li", "192.0.2.1").ok());
}

TEST_F(AttemptLimiterTest, MemoryIsBoundedByTheLimitAndExpires) {
  for (int i = 0; i < 50; ++i) {
    static_cast<void>(Try("li", "192.0.2.1"));
    world_.clock.Advance(6000);
  }
  const redis::Value keys = world_.Command({"KEYS", "kf:gateway:{sys}:attempts:*"});
  ASSERT_EQ(keys.size(), 2u);
  for (const redis::Value& key : keys.array()) {
    EXPECT_LE(world_.Command({"LLEN", key.str()}).Int(), 10);
    const int64_t lifetime = world_.Command({"PTTL", key.str()}).Int();
    EXPECT_GT(lifetime, 0);
    EXPECT_LE(lifetime, 60'000);
    EXPECT_EQ(key.str().find("192.0.2.1"), std::string::npos);
  }
}

TEST(AddressGroup, AnIpv6CustomerCountsAsOne) {
  EXPECT_EQ(AddressGroup("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(AddressGroup("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(AddressGroup("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64");
  EXPECT_NE(AddressGroup("2001:db8:1:3::1"), AddressGroup("2001:db8:1:2::1"));
  EXPECT_EQ(AddressGroup("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(AddressGroup("unix"), "unix");
}

}  // namespace
}  // namespace kefu::gateway::auth
