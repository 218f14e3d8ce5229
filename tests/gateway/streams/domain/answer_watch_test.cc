#include "gateway/streams/domain/answer_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kefu::gateway::streams {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kHere[] = "c_here", kThere[] = "c_there";

class AnswerWatchTest : public ::testing::Test {
 protected:
  AnswerWatchTest() {
    watch_.Gained(kHere, {1000});
    watch_.Gained(kThere, {1000});
  }
  AnswerWatch watch_{500};
};

TEST_F(AnswerWatchTest, TheLimitRunsFromTheFirstUnansweredEntry) {
  EXPECT_EQ(watch_.NextDue(), std::nullopt);
  watch_.BuyerWrote(kHere, {2000});
  watch_.BuyerWrote(kHere, {2400});
  EXPECT_EQ(watch_.NextDue(), TimePoint{2500});
  EXPECT_THAT(watch_.Overdue({2499}), IsEmpty());
  EXPECT_THAT(watch_.Overdue({2500}), ElementsAre(kHere));
}

TEST_F(AnswerWatchTest, AnAnswerEndsTheWaitAndTheNextQuestionBeginsAnother) {
  watch_.BuyerWrote(kHere, {2000});
  watch_.AgentAnswered(kHere);
  EXPECT_THAT(watch_.Overdue({9000}), IsEmpty());
  watch_.BuyerWrote(kHere, {3000});
  EXPECT_EQ(watch_.NextDue(), TimePoint{3500});
}

TEST_F(AnswerWatchTest, WhatTheBuyerWaitedForOthersDoesNotCount) {
  watch_.BuyerWrote(kHere, {10});
  EXPECT_EQ(watch_.NextDue(), TimePoint{1500});
}

TEST_F(AnswerWatchTest, EachConversationHasItsOwnTime) {
  watch_.BuyerWrote(kHere, {2000});
  watch_.BuyerWrote(kThere, {2300});
  EXPECT_EQ(watch_.NextDue(), TimePoint{2500});
  EXPECT_THAT(watch_.Overdue({2800}), ElementsAre(kHere, kThere));
  watch_.Lost(kHere);
  EXPECT_EQ(watch_.NextDue(), TimePoint{2800});
}

TEST_F(AnswerWatchTest, AllEntriesAgainFromTheFirstChangeNothing) {
  const auto replay = [&] {
    watch_.BuyerWrote(kHere, {2000});
    watch_.AgentAnswered(kHere);
    watch_.BuyerWrote(kHere, {3000});
  };
  replay();
  replay();
  EXPECT_EQ(watch_.NextDue(), TimePoint{3500});
}

TEST_F(AnswerWatchTest, WhatIsNotHeldIsNotWatched) {
  watch_.Lost(kHere);
  watch_.BuyerWrote(kHere, {2000});
  EXPECT_EQ(watch_.NextDue(), std::nullopt);
}

TEST(AnswerWatch, WithoutALimitNothingIsEverDue) {
  AnswerWatch unlimited(0);
  unlimited.Gained(kHere, {1000});
  unlimited.BuyerWrote(kHere, {2000});
  EXPECT_EQ(unlimited.NextDue(), std::nullopt);
  EXPECT_THAT(unlimited.Overdue({INT64_MAX}), IsEmpty());
}

}  // namespace
}  // namespace kefu::gateway::streams
