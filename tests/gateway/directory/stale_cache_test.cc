#include "gateway/directory/stale_cache.h"

#include <gtest/gtest.h>

namespace kefu::gateway::directory {
namespace {

int64_t g_now = 0;
int64_t Now() { return g_now; }

class StaleCacheTest : public ::testing::Test {
 protected:
  StaleCacheTest() { g_now = 1000; }
  void Put(const std::string& key, int value) { cache_.Put(key, value, cache_.Begin()); }
  StaleCache<int> cache_{2, 5000, Now};
};

TEST_F(StaleCacheTest, KeepsWhatItWasGivenForItsAgeAndNoLonger) {
  Put("a", 1);
  g_now += 4999;
  EXPECT_EQ(cache_.Get("a"), 1);
  g_now += 1;
  EXPECT_EQ(cache_.Get("a"), std::nullopt);
  EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(StaleCacheTest, AgeCountsFromTheBeginningOfTheReading) {
  const auto ticket = cache_.Begin();
  g_now += 3000;
  cache_.Put("a", 1, ticket);
  g_now += 2000;
  EXPECT_EQ(cache_.Get("a"), std::nullopt);
}

TEST_F(StaleCacheTest, UseDoesNotProlongTheAge) {
  Put("a", 1);
  g_now += 4000;
  EXPECT_EQ(cache_.Get("a"), 1);
  g_now += 1000;
  EXPECT_EQ(cache_.Get("a"), std::nullopt);
}

TEST_F(StaleCacheTest, DroppedEntriesAreGoneAtOnce) {
  Put("a", 1);
  Put("b", 2);
  cache_.Drop("a");
  EXPECT_EQ(cache_.Get("a"), std::nullopt);
  EXPECT_EQ(cache_.Get("b"), 2);
}

TEST_F(StaleCacheTest, WhatWasReadBeforeADropIsNotKept) {
  const auto ticket = cache_.Begin();
  cache_.Drop("a");
  cache_.Put("a", 1, ticket);
  EXPECT_EQ(cache_.Get("a"), std::nullopt);
}

TEST_F(StaleCacheTest, TheLeastRecentlyUsedGoesFirst) {
  Put("a", 1);
  Put("b", 2);
  EXPECT_EQ(cache_.Get("a"), 1);
  Put("c", 3);
  EXPECT_EQ(cache_.Get("a"), 1);
  EXPECT_EQ(cache_.Get("b"), std::nullopt);
  EXPECT_EQ(cache_.Get("c"), 3);
  EXPECT_EQ(cache_.size(), 2u);
}

TEST_F(StaleCacheTest, ANewValueReplacesTheOld) {
  Put("a", 1);
  Put("a", 2);
  EXPECT_EQ(cache_.Get("a"), 2);
  EXPECT_EQ(cache_.size(), 1u);
}

}  // namespace
}  // namespace kefu::gateway::directory
