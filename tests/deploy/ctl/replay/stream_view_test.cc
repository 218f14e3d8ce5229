#include "deploy/ctl/replay/stream_view.h"

#include <gtest/gtest.h>

namespace kefu::ctl {
namespace {

TEST(StreamView, EntriesThatFollowEachOtherForTheirAudienceAreInOrder) {
  StreamView view(/*from_start=*/true);
  EXPECT_EQ(view.Apply({1, 0, "a"}), Arrival::kInOrder);
  // 2 is an internal note, which this audience does not see.
  EXPECT_EQ(view.Apply({3, 1, "b"}), Arrival::kInOrder);
  EXPECT_EQ(view.last_seq(), 3u);
}

TEST(StreamView, AnEntryThatComesAgainIsADuplicateAndIsNotKept) {
  StreamView view(true);
  view.Apply({1, 0, "a"});
  EXPECT_EQ(view.Apply({1, 0, "a"}), Arrival::kDuplicate);
  EXPECT_EQ(view.entries().size(), 1u);
}

TEST(StreamView, AnEntryLeftOutIsAGapAndReorderedIfItComesLater) {
  StreamView view(true);
  view.Apply({1, 0, "a"});
  EXPECT_EQ(view.Apply({3, 2, "c"}), Arrival::kGap);
  EXPECT_EQ(view.Apply({2, 1, "b"}), Arrival::kReordered);
  EXPECT_EQ(view.Apply({4, 3, "d"}), Arrival::kInOrder);
}

TEST(StreamView, ABuyersViewThatDoesNotBeginAtTheBeginningHasAGap) {
  EXPECT_EQ(StreamView(true).Apply({2, 1, "b"}), Arrival::kGap);
}

TEST(StreamView, AnAgentsViewBeginsAnywhere) {
  EXPECT_EQ(StreamView(false).Apply({7, 6, "g"}), Arrival::kInOrder);
}

TEST(StreamView, AfterAResyncForgottenEntriesComeAgainInOrder) {
  StreamView view(true);
  view.Apply({1, 0, "a"});
  view.Apply({2, 1, "b"});
  view.KeepUntil(1);
  EXPECT_EQ(view.last_seq(), 1u);
  EXPECT_FALSE(view.has(2));
  EXPECT_EQ(view.Apply({2, 1, "other"}), Arrival::kInOrder);
  view.KeepUntil(0);
  EXPECT_EQ(view.last_seq(), 0u);
  EXPECT_EQ(view.Apply({1, 0, "a"}), Arrival::kInOrder);
}

}  // namespace
}  // namespace kefu::ctl
