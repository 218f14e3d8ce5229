#include "gateway/routing/simulation/attention.h"

#include <gtest/gtest.h>

namespace kefu::gateway::routing::simulation {
namespace {

TEST(AttentionTest, WithoutSlowdownSessionsTakeTheirTimeWhateverElseGoesOn) {
  Attention attention(0);
  attention.Begin(1000, 7, 500);
  attention.Begin(1200, 8, 100);
  ASSERT_TRUE(attention.Next().has_value());
  EXPECT_EQ(attention.Next()->at_ms, 1300);
  EXPECT_EQ(attention.Next()->session, 8u);
  EXPECT_EQ(attention.End(1300, 8), 0);
  EXPECT_EQ(attention.Next()->at_ms, 1500);
  EXPECT_EQ(attention.Next()->session, 7u);
}

TEST(AttentionTest, WithFullSlowdownAnAgentDividesItself) {
  Attention attention(1);
  attention.Begin(0, 1, 600);
  attention.Begin(200, 2, 200);
  // 400 and 200 are left, each at half the speed.
  EXPECT_EQ(attention.Next()->at_ms, 600);
  EXPECT_EQ(attention.Next()->session, 2u);
  EXPECT_EQ(attention.End(600, 2), 0);
  EXPECT_EQ(attention.Next()->at_ms, 800);
}

TEST(AttentionTest, WhatIsLeftOfASessionGoesWithIt) {
  Attention attention(0);
  attention.Begin(0, 1, 600);
  EXPECT_EQ(attention.End(250, 1), 350);
  EXPECT_FALSE(attention.Next().has_value());
  EXPECT_EQ(attention.End(250, 1), 0) << "it is not served any more";
}

TEST(AttentionTest, TheEarlierBegunOfTwoThatEndTogetherIsFirst) {
  Attention attention(0);
  attention.Begin(0, 5, 100);
  attention.Begin(0, 3, 100);
  EXPECT_EQ(attention.Next()->session, 5u);
}

TEST(AttentionTest, AnEndBetweenMillisecondsIsRoundedUp) {
  Attention attention(1);
  attention.Begin(0, 1, 3);
  attention.Begin(1, 2, 100);
  attention.Begin(2, 3, 100);
  // 1.5 left, at a third of the speed.
  EXPECT_EQ(attention.Next()->at_ms, 7);
}

}  // namespace
}  // namespace kefu::gateway::routing::simulation
