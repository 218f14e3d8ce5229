// What every aggregate store promises to handlers of events: cursors and timers in the commit, and
// changes that leave the state as it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/common/redis/cursors.h"
#include "tests/contract/support/aggregates_test.h"

namespace kefu::contract {

// A change that writes no state.
inline redis::Change Unchanged() { return {.result = "nothing", .unchanged = true}; }

class AggregateMovesContract : public AggregatesTest {
 protected:
  using Cursor = redis::Cursor;

  redis::CursorStore& cursors() { return world_->cursors(); }
  Cursor At() { return test::Await(cursors().Get(shop_, "orders")).value(); }
  absl::Status Advance(Cursor expected, Cursor next) {
    return test::Await(cursors().Advance(shop_, "orders", expected, next));
  }
  static redis::CursorMove Move(Cursor expected, Cursor next) { return {"orders", expected, next}; }
  auto SetTimers(std::vector<redis::TimerChange> timers) {
    return Update({}, Write({.state = "s", .timers = std::move(timers)}));
  }
};

TEST_P(AggregateMovesContract, TheCursorMovesWithTheCommit) {
  ASSERT_TRUE(Update({"event-1", "h"}, Append('a'), Move({}, {1, 1})).ok());
  EXPECT_EQ(At(), (redis::Cursor{1, 1}));
  ASSERT_TRUE(Update({"event-2", "h"}, Append('b'), Move({1, 1}, {1, 2})).ok());
  EXPECT_EQ(At(), (redis::Cursor{1, 2}));
  EXPECT_EQ(Load().state, "ab");
}

TEST_P(AggregateMovesContract, ACommitBehindAMovedCursorIsRefusedAsAWhole) {
  ASSERT_TRUE(Advance({}, {1, 1}).ok());
  const auto refused = Update({"event-1", "h"},
                              Write({.state = "s",
                                     .indexes = {{redis::IndexChange::Kind::kSetAdd, "s", "m"}},
                                     .events = {{"type", "subject", "data"}},
                                     .timers = {{"close:a", world_->clock().Now()}}}),
                              Move({}, {1, 1}));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(refused.status()), "CURSOR_MOVED");
  EXPECT_EQ(ErrorMetadataOf(refused.status()).at("epoch"), "1");
  EXPECT_EQ(ErrorMetadataOf(refused.status()).at("seq"), "1");
  EXPECT_EQ(Load().version, 0u);
  EXPECT_THAT(world_->IndexOf(shop_, "s"), testing::IsEmpty());
  EXPECT_THAT(world_->Log(shop_), testing::IsEmpty());
  EXPECT_THAT(world_->Due(shop_), testing::IsEmpty());
  EXPECT_FALSE(Update({"event-1", "h"}, Append('a'))->replayed);
}

TEST_P(AggregateMovesContract, ARepeatedRequestMovesTheCursorAndDoesNothingElse) {
  ASSERT_TRUE(Update({"event-1", "h"}, Append('a')).ok());
  const auto again = Update({"event-1", "h"}, Never(), Move({}, {1, 1}));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->result, "a");
  EXPECT_EQ(At(), (redis::Cursor{1, 1}));
  EXPECT_EQ(Load().state, "a");
}

TEST_P(AggregateMovesContract, ARepeatedRequestBehindAMovedCursorIsRefused) {
  ASSERT_TRUE(Update({"event-1", "h"}, Append('a'), Move({}, {1, 1})).ok());
  EXPECT_EQ(ErrorReason(Update({"event-1", "h"}, Never(), Move({}, {1, 1})).status()),
            "CURSOR_MOVED");
  EXPECT_EQ(At(), (redis::Cursor{1, 1}));
}

TEST_P(AggregateMovesContract, ARequestThatWasCarriedOutMeanwhileMovesTheCursorToo) {
  const auto committed = Update(
      {"event-1", "h"},
      [&](const redis::Snapshot& now) {
        EXPECT_TRUE(Update({"event-1", "h"}, Append('x')).ok());
        return Append('y')(now);
      },
      Move({}, {1, 1}));
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_TRUE(committed->replayed);
  EXPECT_EQ(committed->state, "x");
  EXPECT_EQ(At(), (redis::Cursor{1, 1}));
}

TEST_P(AggregateMovesContract, ADecisionThatRefusesLeavesTheCursor) {
  const auto refused = Update({"event-1", "h"}, Refuse("NO_SUCH_ORDER"), Move({}, {1, 1}));
  EXPECT_EQ(ErrorReason(refused.status()), "NO_SUCH_ORDER");
  EXPECT_EQ(At(), redis::Cursor());
}

TEST_P(AggregateMovesContract, ATakenUniqueMemberLeavesTheCursor) {
  using Kind = redis::IndexChange::Kind;
  ASSERT_TRUE(Update({}, Write({.state = "s", .indexes = {{Kind::kHashSet, "h", "n", "x"}}})).ok());
  const auto refused = Update(
      {"event-1", "h"},
      Write({.state = "s", .indexes = {{Kind::kHashSetNew, "h", "n", "y", "TAKEN", "Taken."}}}),
      Move({}, {1, 1}));
  EXPECT_EQ(ErrorReason(refused.status()), "TAKEN");
  EXPECT_EQ(At(), redis::Cursor());
}

TEST_P(AggregateMovesContract, WhatIsUnchangedKeepsItsVersionAndItsRequestIsRemembered) {
  ASSERT_TRUE(Update({}, Append('a')).ok());
  const auto unchanged = Update({"event-1", "h"}, Write(Unchanged()), Move({}, {1, 1}));
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(unchanged->version, 1u);
  EXPECT_EQ(unchanged->state, "a");
  EXPECT_EQ(unchanged->result, "nothing");
  EXPECT_FALSE(unchanged->replayed);
  EXPECT_THAT(unchanged->events, testing::IsEmpty());
  EXPECT_EQ(At(), (redis::Cursor{1, 1}));
  EXPECT_EQ(Load().version, 1u);
  const auto again = Update({"event-1", "h"}, Never());
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->result, "nothing");
}

TEST_P(AggregateMovesContract, WhatIsUnchangedBehindAMovedCursorIsRefused) {
  ASSERT_TRUE(Advance({}, {1, 1}).ok());
  EXPECT_EQ(ErrorReason(Update({}, Write(Unchanged()), Move({}, {1, 1})).status()), "CURSOR_MOVED");
}

TEST_P(AggregateMovesContract, WhatDoesNotExistAndStaysSoIsNotStored) {
  const auto unchanged = Update({"event-1", "h"}, Write(Unchanged()), Move({}, {1, 1}));
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(unchanged->version, 0u);
  EXPECT_EQ(At(), (redis::Cursor{1, 1}));
  EXPECT_EQ(Load().version, 0u);
  EXPECT_THAT(Shops(), testing::IsEmpty());
  EXPECT_FALSE(Update({"event-1", "h"}, Append('c'))->replayed);
}

TEST_P(AggregateMovesContract, NothingAtAllIsWrittenForNothing) {
  const auto unchanged = Update({"event-1", "h"}, Write(Unchanged()));
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(unchanged->result, "nothing");
  EXPECT_TRUE(world_->empty());
}

TEST_P(AggregateMovesContract, AnUnchangedDecisionIsMadeAgainWhenSomebodyCommittedInBetween) {
  ASSERT_TRUE(Update({}, Append('a')).ok());
  int decided = 0;
  const auto unchanged = Update({"event-1", "h"}, [&](const redis::Snapshot&) {
    if (decided++ == 0) {
      EXPECT_TRUE(Update({}, Append('x')).ok());
    }
    return absl::StatusOr<redis::Change>(Unchanged());
  });
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(decided, 2);
  EXPECT_EQ(unchanged->state, "ax");
}

TEST_P(AggregateMovesContract, AnUnchangedChangeThatWritesIsABug) {
  std::vector<redis::Change> writing(3, Unchanged());
  writing[0].events = {{"type", "subject", "data"}};
  writing[1].indexes = {{redis::IndexChange::Kind::kSetAdd, "s", "m"}};
  writing[2].timers = {{"close:a", std::nullopt}};
  for (const redis::Change& change : writing)
    EXPECT_EQ(Update({}, Write(change)).status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(world_->empty());
}

TEST_P(AggregateMovesContract, TimersAreSetMovedAndEndedWithTheCommit) {
  const TimePoint start = world_->clock().Now();
  ASSERT_TRUE(SetTimers({{"close:a", start + 1}, {"close:b", start + 2}}).ok());
  ASSERT_TRUE(SetTimers({{"close:a", std::nullopt}, {"close:b", start + 5}}).ok());
  world_->clock().Advance(4);
  EXPECT_THAT(world_->Due(shop_), testing::IsEmpty());
  world_->clock().Advance(1);
  EXPECT_THAT(world_->Due(shop_), testing::ElementsAre(testing::Pair("close:b", start + 5)));
}

TEST_P(AggregateMovesContract, ATimerThatWasNotSetMayBeEnded) {
  EXPECT_TRUE(SetTimers({{"close:a", std::nullopt}}).ok());
  EXPECT_THAT(world_->Due(shop_), testing::IsEmpty());
}

}  // namespace kefu::contract
