// What every aggregate store promises to handlers of events: cursors and timers in the commit, and
// changes that leave the state as it is. World: aggregate_store_contract.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/common/redis/cursors.h"
#include "tests/contract/aggregate_store_contract.h"

namespace kefu::contract {

// A change that writes no state.
inline redis::Change Unchanged() { return {.result = "nothing", .unchanged = true}; }

template <class World>
class AggregateMovesContract : public AggregateWorldTest<World> {
 protected:
  using Cursor = redis::Cursor;

  redis::CursorStore& cursors() { return this->world_.cursors(); }
  Cursor At() { return test::Await(cursors().Get(this->shop_, "orders")).value(); }
  absl::Status Advance(Cursor expected, Cursor next) {
    return test::Await(cursors().Advance(this->shop_, "orders", expected, next));
  }
  static redis::CursorMove Move(Cursor expected, Cursor next) { return {"orders", expected, next}; }
  auto SetTimers(std::vector<redis::TimerChange> timers) {
    return this->Update({}, Write({.state = "s", .timers = std::move(timers)}));
  }
};
TYPED_TEST_SUITE_P(AggregateMovesContract);

TYPED_TEST_P(AggregateMovesContract, TheCursorMovesWithTheCommit) {
  ASSERT_TRUE(this->Update({"event-1", "h"}, Append('a'), this->Move({}, {1, 1})).ok());
  EXPECT_EQ(this->At(), (redis::Cursor{1, 1}));
  ASSERT_TRUE(this->Update({"event-2", "h"}, Append('b'), this->Move({1, 1}, {1, 2})).ok());
  EXPECT_EQ(this->At(), (redis::Cursor{1, 2}));
  EXPECT_EQ(this->Load().state, "ab");
}

TYPED_TEST_P(AggregateMovesContract, ACommitBehindAMovedCursorIsRefusedAsAWhole) {
  ASSERT_TRUE(this->Advance({}, {1, 1}).ok());
  const auto refused =
      this->Update({"event-1", "h"},
                   Write({.state = "s",
                          .indexes = {{redis::IndexChange::Kind::kSetAdd, "s", "m"}},
                          .events = {{"type", "subject", "data"}},
                          .timers = {{"close:a", this->world_.clock().Now()}}}),
                   this->Move({}, {1, 1}));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(refused.status()), "CURSOR_MOVED");
  EXPECT_EQ(ErrorMetadataOf(refused.status()).at("epoch"), "1");
  EXPECT_EQ(ErrorMetadataOf(refused.status()).at("seq"), "1");
  EXPECT_EQ(this->Load().version, 0u);
  EXPECT_THAT(this->world_.IndexOf(this->shop_, "s"), testing::IsEmpty());
  EXPECT_THAT(this->world_.Log(this->shop_), testing::IsEmpty());
  EXPECT_THAT(this->world_.Due(this->shop_), testing::IsEmpty());
  EXPECT_FALSE(this->Update({"event-1", "h"}, Append('a'))->replayed);
}

TYPED_TEST_P(AggregateMovesContract, ARepeatedRequestMovesTheCursorAndDoesNothingElse) {
  ASSERT_TRUE(this->Update({"event-1", "h"}, Append('a')).ok());
  const auto again = this->Update({"event-1", "h"}, Never(), this->Move({}, {1, 1}));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->result, "a");
  EXPECT_EQ(this->At(), (redis::Cursor{1, 1}));
  EXPECT_EQ(this->Load().state, "a");
}

TYPED_TEST_P(AggregateMovesContract, ARepeatedRequestBehindAMovedCursorIsRefused) {
  ASSERT_TRUE(this->Update({"event-1", "h"}, Append('a'), this->Move({}, {1, 1})).ok());
  EXPECT_EQ(ErrorReason(this->Update({"event-1", "h"}, Never(), this->Move({}, {1, 1})).status()),
            "CURSOR_MOVED");
  EXPECT_EQ(this->At(), (redis::Cursor{1, 1}));
}

TYPED_TEST_P(AggregateMovesContract, ARequestThatWasCarriedOutMeanwhileMovesTheCursorToo) {
  const auto committed = this->Update(
      {"event-1", "h"},
      [&](const redis::Snapshot& now) {
        EXPECT_TRUE(this->Update({"event-1", "h"}, Append('x')).ok());
        return Append('y')(now);
      },
      this->Move({}, {1, 1}));
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_TRUE(committed->replayed);
  EXPECT_EQ(committed->state, "x");
  EXPECT_EQ(this->At(), (redis::Cursor{1, 1}));
}

TYPED_TEST_P(AggregateMovesContract, ADecisionThatRefusesLeavesTheCursor) {
  const auto refused =
      this->Update({"event-1", "h"}, Refuse("NO_SUCH_ORDER"), this->Move({}, {1, 1}));
  EXPECT_EQ(ErrorReason(refused.status()), "NO_SUCH_ORDER");
  EXPECT_EQ(this->At(), redis::Cursor());
}

TYPED_TEST_P(AggregateMovesContract, ATakenUniqueMemberLeavesTheCursor) {
  using Kind = redis::IndexChange::Kind;
  ASSERT_TRUE(
      this->Update({}, Write({.state = "s", .indexes = {{Kind::kHashSet, "h", "n", "x"}}})).ok());
  const auto refused = this->Update(
      {"event-1", "h"},
      Write({.state = "s", .indexes = {{Kind::kHashSetNew, "h", "n", "y", "TAKEN", "Taken."}}}),
      this->Move({}, {1, 1}));
  EXPECT_EQ(ErrorReason(refused.status()), "TAKEN");
  EXPECT_EQ(this->At(), redis::Cursor());
}

TYPED_TEST_P(AggregateMovesContract, WhatIsUnchangedKeepsItsVersionAndItsRequestIsRemembered) {
  ASSERT_TRUE(this->Update({}, Append('a')).ok());
  const auto unchanged = this->Update({"event-1", "h"}, Write(Unchanged()), this->Move({}, {1, 1}));
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(unchanged->version, 1u);
  EXPECT_EQ(unchanged->state, "a");
  EXPECT_EQ(unchanged->result, "nothing");
  EXPECT_FALSE(unchanged->replayed);
  EXPECT_THAT(unchanged->events, testing::IsEmpty());
  EXPECT_EQ(this->At(), (redis::Cursor{1, 1}));
  EXPECT_EQ(this->Load().version, 1u);
  const auto again = this->Update({"event-1", "h"}, Never());
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->result, "nothing");
}

TYPED_TEST_P(AggregateMovesContract, WhatIsUnchangedBehindAMovedCursorIsRefused) {
  ASSERT_TRUE(this->Advance({}, {1, 1}).ok());
  EXPECT_EQ(ErrorReason(this->Update({}, Write(Unchanged()), this->Move({}, {1, 1})).status()),
            "CURSOR_MOVED");
}

TYPED_TEST_P(AggregateMovesContract, WhatDoesNotExistAndStaysSoIsNotStored) {
  const auto unchanged = this->Update({"event-1", "h"}, Write(Unchanged()), this->Move({}, {1, 1}));
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(unchanged->version, 0u);
  EXPECT_EQ(this->At(), (redis::Cursor{1, 1}));
  EXPECT_EQ(this->Load().version, 0u);
  EXPECT_THAT(this->Shops(), testing::IsEmpty());
  EXPECT_FALSE(this->Update({"event-1", "h"}, Append('c'))->replayed);
}

TYPED_TEST_P(AggregateMovesContract, NothingAtAllIsWrittenForNothing) {
  const auto unchanged = this->Update({"event-1", "h"}, Write(Unchanged()));
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(unchanged->result, "nothing");
  EXPECT_TRUE(this->world_.empty());
}

TYPED_TEST_P(AggregateMovesContract, AnUnchangedDecisionIsMadeAgainWhenSomebodyCommittedInBetween) {
  ASSERT_TRUE(this->Update({}, Append('a')).ok());
  int decided = 0;
  const auto unchanged = this->Update({"event-1", "h"}, [&](const redis::Snapshot&) {
    if (decided++ == 0) {
      EXPECT_TRUE(this->Update({}, Append('x')).ok());
    }
    return absl::StatusOr<redis::Change>(Unchanged());
  });
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(decided, 2);
  EXPECT_EQ(unchanged->state, "ax");
}

TYPED_TEST_P(AggregateMovesContract, AnUnchangedChangeThatWritesIsABug) {
  std::vector<redis::Change> writing(3, Unchanged());
  writing[0].events = {{"type", "subject", "data"}};
  writing[1].indexes = {{redis::IndexChange::Kind::kSetAdd, "s", "m"}};
  writing[2].timers = {{"close:a", std::nullopt}};
  for (const redis::Change& change : writing)
    EXPECT_EQ(this->Update({}, Write(change)).status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(this->world_.empty());
}

TYPED_TEST_P(AggregateMovesContract, TimersAreSetMovedAndEndedWithTheCommit) {
  const TimePoint start = this->world_.clock().Now();
  ASSERT_TRUE(this->SetTimers({{"close:a", start + 1}, {"close:b", start + 2}}).ok());
  ASSERT_TRUE(this->SetTimers({{"close:a", std::nullopt}, {"close:b", start + 5}}).ok());
  this->world_.clock().Advance(4);
  EXPECT_THAT(this->world_.Due(this->shop_), testing::IsEmpty());
  this->world_.clock().Advance(1);
  EXPECT_THAT(this->world_.Due(this->shop_),
              testing::ElementsAre(testing::Pair("close:b", start + 5)));
}

TYPED_TEST_P(AggregateMovesContract, ATimerThatWasNotSetMayBeEnded) {
  EXPECT_TRUE(this->SetTimers({{"close:a", std::nullopt}}).ok());
  EXPECT_THAT(this->world_.Due(this->shop_), testing::IsEmpty());
}

REGISTER_TYPED_TEST_SUITE_P(
    AggregateMovesContract, TheCursorMovesWithTheCommit, ACommitBehindAMovedCursorIsRefusedAsAWhole,
    ARepeatedRequestMovesTheCursorAndDoesNothingElse, ARepeatedRequestBehindAMovedCursorIsRefused,
    ARequestThatWasCarriedOutMeanwhileMovesTheCursorToo, ADecisionThatRefusesLeavesTheCursor,
    ATakenUniqueMemberLeavesTheCursor, WhatIsUnchangedKeepsItsVersionAndItsRequestIsRemembered,
    WhatIsUnchangedBehindAMovedCursorIsRefused, WhatDoesNotExistAndStaysSoIsNotStored,
    NothingAtAllIsWrittenForNothing, AnUnchangedDecisionIsMadeAgainWhenSomebodyCommittedInBetween,
    AnUnchangedChangeThatWritesIsABug, TimersAreSetMovedAndEndedWithTheCommit,
    ATimerThatWasNotSetMayBeEnded);

}  // namespace kefu::contract
