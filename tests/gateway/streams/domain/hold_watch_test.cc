#include "gateway/streams/domain/hold_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kefu::gateway::streams {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kSession[] = "s_1", kConversation[] = "c_1";

class HoldWatchTest : public ::testing::Test {
 protected:
  void OnHold() { watch_.Served(kSession, kConversation, true); }
  HoldWatch watch_;
};

TEST_F(HoldWatchTest, TheLogIsLookedAtOnceWhenASessionIsFoundOnHold) {
  OnHold();
  EXPECT_FALSE(watch_.idle());
  EXPECT_THAT(watch_.Unseen(), SizeIs(1));
  watch_.Looked(kSession, false);
  OnHold();
  EXPECT_TRUE(watch_.idle());
  EXPECT_THAT(watch_.Over(), IsEmpty());
}

TEST_F(HoldWatchTest, WhatTheBuyerSaidBeforeItWasSeenEndsIt) {
  OnHold();
  watch_.Looked(kSession, true);
  EXPECT_EQ(watch_.Over().front().session, kSession);
  EXPECT_FALSE(watch_.idle());
}

TEST_F(HoldWatchTest, AnEntryOfTheBuyerIsAReasonToLookAgain) {
  OnHold();
  watch_.Looked(kSession, false);
  watch_.BuyerWrote("c_other");
  EXPECT_TRUE(watch_.idle());
  watch_.BuyerWrote(kConversation);
  EXPECT_THAT(watch_.Unseen(), SizeIs(1));
}

TEST_F(HoldWatchTest, ItIsOverUntilTheSessionGoesOn) {
  OnHold();
  watch_.Looked(kSession, true);
  watch_.BuyerWrote(kConversation);
  watch_.Looked(kSession, false);
  EXPECT_THAT(watch_.Over(), SizeIs(1));
  watch_.Served(kSession, kConversation, false);
  EXPECT_THAT(watch_.Over(), IsEmpty());
  EXPECT_TRUE(watch_.idle());
}

TEST_F(HoldWatchTest, SessionsWithoutAHoldAreNotWatched) {
  watch_.Served(kSession, kConversation, false);
  watch_.BuyerWrote(kConversation);
  EXPECT_TRUE(watch_.idle());
  OnHold();
  watch_.Left(kSession);
  EXPECT_TRUE(watch_.idle());
}

TEST(BuyerWroteSinceHoldTest, TheLastOfTheTwoDecides) {
  EXPECT_FALSE(BuyerWroteSinceHold({}));
  EXPECT_FALSE(BuyerWroteSinceHold({Said::kByBuyer, Said::kHold, Said::kOther}));
  EXPECT_TRUE(BuyerWroteSinceHold({Said::kByBuyer, Said::kHold, Said::kByBuyer, Said::kOther}));
  // The hold lies further back than what was read.
  EXPECT_TRUE(BuyerWroteSinceHold({Said::kByBuyer, Said::kOther}));
  EXPECT_FALSE(BuyerWroteSinceHold({Said::kOther}));
}

}  // namespace
}  // namespace kefu::gateway::streams
