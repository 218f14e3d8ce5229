#include "gateway/edge/rate_limiter.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

TEST(SlidingWindow, AdmitsTheCountAndThenTellsHowLongToWait) {
  SlidingWindow window({3, 1000}, 100);
  EXPECT_EQ(window.Admit("a", 0), 0);
  EXPECT_EQ(window.Admit("a", 100), 0);
  EXPECT_EQ(window.Admit("a", 200), 0);
  EXPECT_EQ(window.Admit("a", 300), 700);
  EXPECT_EQ(window.Admit("b", 300), 0);
  EXPECT_EQ(window.Admit("a", 999), 1);
  EXPECT_EQ(window.Admit("a", 1000), 0);
  EXPECT_EQ(window.Admit("a", 1000), 100);
}

TEST(SlidingWindow, NeverAdmitsMoreThanTheCountInAnyWindow) {
  SlidingWindow window({5, 1000}, 100);
  std::vector<int64_t> admitted;
  for (int64_t now = 0; now < 10'000; now += 37) {
    if (window.Admit("a", now) == 0) admitted.push_back(now);
  }
  for (size_t i = 5; i < admitted.size(); ++i) EXPECT_GE(admitted[i] - admitted[i - 5], 1000);
  EXPECT_GE(admitted.size(), 45u);
}

TEST(SlidingWindow, KeepsABoundedNumberOfKeys) {
  SlidingWindow window({1, 1000}, 160);
  for (int i = 0; i < 10'000; ++i) window.Admit(std::to_string(i), 0);
  EXPECT_LE(window.keys(), 160u);
}

TEST(SlidingWindow, ForgetsTheLeastRecentlyUsedKeyFirst) {
  SlidingWindow window({1, 1'000'000}, 16 * 4);
  window.Admit("kept", 0);
  for (int i = 0; i < 1000; ++i) {
    window.Admit(std::to_string(i), 0);
    EXPECT_GT(window.Admit("kept", 0), 0);
  }
}

class RateLimiterTest : public testing::Test {
 protected:
  static MethodPolicy Policy(ShedLevel level, bool write) {
    MethodPolicy policy;
    policy.set_level(level);
    policy.set_write(write);
    return policy;
  }
  static Caller Buyer(const std::string& shop, const std::string& id) {
    Caller caller;
    caller.role = ROLE_BUYER;
    caller.shop = *ShopId::Parse(shop);
    caller.subject = id;
    return caller;
  }
  RateLimiter limiter_{RateLimits{}};
};

TEST_F(RateLimiterTest, RefusesTheTwentyFirstMessageInTenSeconds) {
  const MethodPolicy message = Policy(SHED_LEVEL_BUYER_MESSAGE, true);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(limiter_.Check(message, Buyer("demo", "b"), i).ok());
  const absl::Status refused = limiter_.Check(message, Buyer("demo", "b"), 20);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(refused), "RATE_LIMITED");
  EXPECT_EQ(RetryDelayMs(refused), 9980);
  EXPECT_TRUE(limiter_.Check(message, Buyer("other", "b"), 20).ok());
  EXPECT_TRUE(limiter_.Check(message, Buyer("demo", "b"), 10'000).ok());
}

TEST_F(RateLimiterTest, RefusesTheSixthNewSessionInAMinute) {
  const MethodPolicy open = Policy(SHED_LEVEL_NEW_SESSION, true);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(limiter_.Check(open, Buyer("demo", "b"), 0).ok());
  EXPECT_EQ(RetryDelayMs(limiter_.Check(open, Buyer("demo", "b"), 0)), 60'000);
}

TEST_F(RateLimiterTest, RefusesTheTwentyFirstOtherWriteInTenSecondsBesideMessages) {
  const MethodPolicy open_case = Policy(SHED_LEVEL_BUSINESS, true);
  const MethodPolicy message = Policy(SHED_LEVEL_BUYER_MESSAGE, true);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(limiter_.Check(open_case, Buyer("demo", "b"), 0).ok());
    ASSERT_TRUE(limiter_.Check(message, Buyer("demo", "b"), 0).ok());
  }
  EXPECT_EQ(RetryDelayMs(limiter_.Check(open_case, Buyer("demo", "b"), 0)), 10'000);
}

TEST_F(RateLimiterTest, RefusesTheHundredAndFirstReadInTenSecondsOfWhateverLevel) {
  for (int i = 0; i < 100; ++i) {
    const ShedLevel level = i % 2 == 0 ? SHED_LEVEL_BUSINESS : SHED_LEVEL_BUYER_MESSAGE;
    ASSERT_TRUE(limiter_.Check(Policy(level, false), Buyer("demo", "b"), 0).ok());
  }
  const absl::Status refused =
      limiter_.Check(Policy(SHED_LEVEL_BUSINESS, false), Buyer("demo", "b"), 0);
  EXPECT_EQ(ErrorReason(refused), "RATE_LIMITED");
  EXPECT_TRUE(limiter_.Check(Policy(SHED_LEVEL_BUSINESS, false), Buyer("demo", "c"), 0).ok());
}

TEST_F(RateLimiterTest, LeavesStaffAlone) {
  Caller agent = Buyer("demo", "a");
  agent.role = ROLE_AGENT;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(limiter_.Check(Policy(SHED_LEVEL_BUYER_MESSAGE, true), agent, 0).ok());
    ASSERT_TRUE(limiter_.Check(Policy(SHED_LEVEL_BUSINESS, false), agent, 0).ok());
  }
}

}  // namespace
}  // namespace kefu::gateway
