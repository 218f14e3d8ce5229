// What every CursorStore (services/common/redis/cursors.h) promises. Include it in one file of a
// test program and say what is to be tested:
//
//   INSTANTIATE_TEST_SUITE_P(Redis, CursorStoreContract, testing::Values(Subject{"redis",
//   NewWorld}),
//                            SubjectName);
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "services/common/redis/cursors.h"
#include "tests/support/await.h"

namespace kefu::contract {

// A store without anything in it, and what it stands on.
class CursorStoreWorld {
 public:
  virtual ~CursorStoreWorld() = default;
  virtual redis::CursorStore& store() = 0;
  // What leases go by.
  virtual ManualClock& clock() = 0;
  // False for a store that only one process can have: there a lease is always granted.
  virtual bool exclusive_leases() const { return true; }
};

struct Subject {
  std::string name;
  std::function<std::unique_ptr<CursorStoreWorld>()> make;
};
inline void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }
inline std::string SubjectName(const testing::TestParamInfo<Subject>& info) {
  return info.param.name;
}

class CursorStoreContract : public testing::TestWithParam<Subject> {
 protected:
  using Cursor = redis::Cursor;

  redis::CursorStore& store() { return world_->store(); }
  Cursor At(const std::string& source = "orders") {
    return test::Await(store().Get(shop_, source)).value();
  }
  absl::Status Advance(Cursor expected, Cursor next, const std::string& source = "orders") {
    return test::Await(store().Advance(shop_, source, expected, next));
  }
  absl::Status Bury(redis::DeadLetter letter, Cursor expected, Cursor next) {
    return test::Await(store().Bury(shop_, std::move(letter), expected, next));
  }
  std::vector<redis::DeadLetter> Dead() { return test::Await(store().ListDead(shop_, {})).value(); }
  bool Lease(uint32_t bucket, const std::string& holder, int64_t lease_ms = 1000) {
    return test::Await(store().Lease(bucket, holder, lease_ms)).value();
  }
  static redis::DeadLetter Letter(const std::string& event, int64_t time_ms,
                                  const std::string& source = "orders") {
    return {.source = source,
            .event = event,
            .envelope = std::string("\0\xff\r\n", 4) + event,
            .reason = "NO_SUCH_ORDER",
            .message = "There is no such order.",
            .attempts = 1,
            .time = {time_ms}};
  }

  const std::unique_ptr<CursorStoreWorld> world_ = GetParam().make();
  const ShopId shop_ = ShopId::Parse("demo").value();
  const ShopId other_shop_ = ShopId::Parse("other").value();
};

TEST_P(CursorStoreContract, ACursorThatNeverMovedStandsBeforeTheBeginning) {
  EXPECT_EQ(At(), Cursor());
  EXPECT_THAT(test::Await(store().List(shop_)).value(), testing::IsEmpty());
}

TEST_P(CursorStoreContract, ACursorMovesFromWhereItIsExpected) {
  ASSERT_TRUE(Advance({}, {1, 5}).ok());
  EXPECT_EQ(At(), (Cursor{1, 5}));
  ASSERT_TRUE(Advance({1, 5}, {1, 6}).ok());
  EXPECT_EQ(At(), (Cursor{1, 6}));
}

TEST_P(CursorStoreContract, ACursorDoesNotMoveFromAnywhereElse) {
  ASSERT_TRUE(Advance({}, {1, 5}).ok());
  for (const Cursor wrong : {Cursor{}, Cursor{1, 4}, Cursor{1, 6}, Cursor{2, 5}}) {
    const absl::Status moved = Advance(wrong, {9, 9});
    EXPECT_EQ(moved.code(), absl::StatusCode::kAborted) << wrong.store_epoch << ":" << wrong.seq;
    EXPECT_EQ(ErrorReason(moved), "CURSOR_MOVED");
  }
  EXPECT_EQ(At(), (Cursor{1, 5}));
}

TEST_P(CursorStoreContract, ACursorMayGoBackInANewEpoch) {
  ASSERT_TRUE(Advance({}, {1, 50}).ok());
  ASSERT_TRUE(Advance({1, 50}, {2, 40}).ok());
  EXPECT_EQ(At(), (Cursor{2, 40}));
}

TEST_P(CursorStoreContract, CursorsKeepBigNumbers) {
  const Cursor big{(uint64_t{1} << 53) + 1, (uint64_t{1} << 62) + 3};
  ASSERT_TRUE(Advance({}, big).ok());
  EXPECT_EQ(At(), big);
}

TEST_P(CursorStoreContract, SourcesAndShopsAreKeptApart) {
  ASSERT_TRUE(Advance({}, {1, 5}, "orders").ok());
  ASSERT_TRUE(Advance({}, {1, 7}, "logistics").ok());
  ASSERT_TRUE(test::Await(store().Advance(other_shop_, "orders", {}, {3, 9})).ok());
  EXPECT_THAT(test::Await(store().List(shop_)).value(),
              testing::ElementsAre(testing::Pair("logistics", Cursor{1, 7}),
                                   testing::Pair("orders", Cursor{1, 5})));
  EXPECT_THAT(test::Await(store().List(other_shop_)).value(),
              testing::ElementsAre(testing::Pair("orders", Cursor{3, 9})));
}

TEST_P(CursorStoreContract, OfManyWhoMoveACursorAtOnceOneSucceeds) {
  constexpr int kMovers = 8, kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    const Cursor expected = At(), next{1, expected.seq + 1};
    boost::asio::io_context loop;
    int moved = 0;
    for (int mover = 0; mover < kMovers; ++mover) {
      Spawn(
          loop.get_executor(),
          [](redis::CursorStore& store, ShopId shop, Cursor from, Cursor to, int* count) -> Task<> {
            const std::string source = "orders";
            const absl::Status status = co_await store.Advance(shop, source, from, to);
            if (status.ok()) ++*count;
            EXPECT_TRUE(status.ok() || ErrorReason(status) == "CURSOR_MOVED") << status;
          }(store(), shop_, expected, next, &moved));
    }
    loop.run();
    EXPECT_EQ(moved, 1);
    EXPECT_EQ(At(), next);
  }
}

TEST_P(CursorStoreContract, AnEventIsBuriedAndPassedInOneStep) {
  ASSERT_TRUE(Bury(Letter("e1", 7), {}, {1, 1}).ok());
  EXPECT_EQ(At(), (Cursor{1, 1}));
  const std::vector<redis::DeadLetter> dead = Dead();
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].source, "orders");
  EXPECT_EQ(dead[0].event, "e1");
  EXPECT_EQ(dead[0].envelope, Letter("e1", 7).envelope);
  EXPECT_EQ(dead[0].reason, "NO_SUCH_ORDER");
  EXPECT_EQ(dead[0].message, "There is no such order.");
  EXPECT_EQ(dead[0].attempts, 1u);
  EXPECT_EQ(dead[0].time.ms, 7);
}

TEST_P(CursorStoreContract, AnEventThatSomebodyElsePassedIsNotBuried) {
  ASSERT_TRUE(Advance({}, {1, 1}).ok());
  EXPECT_EQ(ErrorReason(Bury(Letter("e1", 7), {}, {1, 1})), "CURSOR_MOVED");
  EXPECT_THAT(Dead(), testing::IsEmpty());
}

TEST_P(CursorStoreContract, DeadLettersComeOldestFirst) {
  ASSERT_TRUE(Bury(Letter("late", 30), {}, {1, 1}).ok());
  ASSERT_TRUE(Bury(Letter("early", 10), {1, 1}, {1, 2}).ok());
  ASSERT_TRUE(Bury(Letter("middle", 20, "logistics"), {}, {1, 1}).ok());
  std::vector<std::string> events;
  for (const redis::DeadLetter& letter : Dead()) events.push_back(letter.event);
  EXPECT_THAT(events, testing::ElementsAre("early", "middle", "late"));
  EXPECT_THAT(test::Await(store().ListDead(other_shop_, {})).value(), testing::IsEmpty());
}

TEST_P(CursorStoreContract, DeadLettersAreListedInPagesAndBySource) {
  for (int i = 0; i < 7; ++i) {
    const std::string source = i % 2 == 0 ? "orders" : "logistics";
    // Of one time, so that source and event tell them apart.
    ASSERT_TRUE(Bury(Letter("e" + std::to_string(i), 5, source), {}, {}).ok());
  }
  const auto listed = [&](const std::string& source, size_t limit) {
    std::vector<std::string> events;
    redis::DeadQuery query{.source = source, .limit = limit};
    while (true) {
      const auto page = test::Await(store().ListDead(shop_, query)).value();
      EXPECT_LE(page.size(), limit);
      for (const redis::DeadLetter& letter : page) events.push_back(letter.event);
      if (page.empty()) return events;
      query.after = redis::DeadPlaceFromText(redis::ToText(redis::PlaceOf(page.back())));
    }
  };
  for (const size_t limit : {1u, 2u, 3u, 50u}) {
    EXPECT_THAT(listed("", limit), testing::ElementsAre("e1", "e3", "e5", "e0", "e2", "e4", "e6"));
    EXPECT_THAT(listed("logistics", limit), testing::ElementsAre("e1", "e3", "e5"));
  }
}

TEST_P(CursorStoreContract, DeadLettersAreCountedAndFoundByThemselves) {
  ASSERT_TRUE(Bury(Letter("e1", 5), {}, {1, 1}).ok());
  ASSERT_TRUE(Bury(Letter("e2", 6), {1, 1}, {1, 2}).ok());
  ASSERT_TRUE(Bury(Letter("e1", 7, "logistics"), {}, {1, 1}).ok());
  const auto counts = test::Await(store().CountDead(shop_)).value();
  EXPECT_THAT(counts,
              testing::ElementsAre(testing::Pair("logistics", 1u), testing::Pair("orders", 2u)));
  EXPECT_THAT(test::Await(store().CountDead(other_shop_)).value(), testing::IsEmpty());
  const auto found = test::Await(store().FindDead(shop_, "logistics", "e1"));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->time.ms, 7);
  EXPECT_EQ(found->envelope, Letter("e1", 7).envelope);
  EXPECT_EQ(ErrorReason(test::Await(store().FindDead(shop_, "logistics", "e2")).status()),
            "NO_SUCH_DEAD_LETTER");
}

TEST_P(CursorStoreContract, WithAThousandDeadLettersNoOtherIsBuriedAndTheCursorStays) {
  for (size_t i = 0; i < redis::kMaxDeadLetters; ++i)
    ASSERT_TRUE(
        Bury(Letter("e" + std::to_string(i), 1, i % 2 == 0 ? "orders" : "logistics"), {}, {}).ok());
  const absl::Status full = Bury(Letter("more", 2), {}, {1, 1});
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(full), "DEAD_LETTERS_FULL");
  EXPECT_EQ(At(), Cursor());
  // One that is kept already may be kept anew, and another shop has room of its own.
  EXPECT_TRUE(Bury(Letter("e0", 3), {}, {}).ok());
  EXPECT_TRUE(test::Await(store().Bury(other_shop_, Letter("more", 2), {}, {1, 1})).ok());
  ASSERT_TRUE(test::Await(store().DropDead(shop_, "orders", "e0")).ok());
  EXPECT_TRUE(Bury(Letter("more", 2), {}, {1, 1}).ok());
}

TEST_P(CursorStoreContract, AFailedAttemptIsWrittenDownAndTheEventStays) {
  ASSERT_TRUE(Bury(Letter("e1", 7), {}, {1, 1}).ok());
  redis::DeadLetter again{.source = "orders",
                          .event = "e1",
                          .reason = "OTHER",
                          .message = "Another problem.",
                          .attempts = 2};
  ASSERT_TRUE(test::Await(store().UpdateDead(shop_, again)).ok());
  const std::vector<redis::DeadLetter> dead = Dead();
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].reason, "OTHER");
  EXPECT_EQ(dead[0].message, "Another problem.");
  EXPECT_EQ(dead[0].attempts, 2u);
  EXPECT_EQ(dead[0].envelope, Letter("e1", 7).envelope);
  EXPECT_EQ(dead[0].time.ms, 7);
}

TEST_P(CursorStoreContract, ADroppedLetterIsGoneAndItsLikesStay) {
  ASSERT_TRUE(Bury(Letter("e1", 1), {}, {1, 1}).ok());
  ASSERT_TRUE(Bury(Letter("e1", 2, "logistics"), {}, {1, 1}).ok());
  ASSERT_TRUE(test::Await(store().DropDead(shop_, "orders", "e1")).ok());
  const std::vector<redis::DeadLetter> dead = Dead();
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].source, "logistics");
}

TEST_P(CursorStoreContract, ALetterThatIsNotThereIsNotFound) {
  for (const absl::Status& status : {test::Await(store().DropDead(shop_, "orders", "e1")),
                                     test::Await(store().UpdateDead(shop_, Letter("e1", 1)))}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ErrorReason(status), "NO_SUCH_DEAD_LETTER");
  }
}

TEST_P(CursorStoreContract, WhoHasALeaseKeepsItAndOthersWaitForItsEnd) {
  EXPECT_TRUE(Lease(3, "a"));
  EXPECT_TRUE(Lease(3, "a"));
  if (!world_->exclusive_leases()) return;
  EXPECT_FALSE(Lease(3, "b"));
  EXPECT_TRUE(Lease(4, "b"));
  world_->clock().Advance(999);
  EXPECT_FALSE(Lease(3, "b"));
  world_->clock().Advance(1);
  EXPECT_TRUE(Lease(3, "b"));
  EXPECT_FALSE(Lease(3, "a"));
}

TEST_P(CursorStoreContract, ALeaseIsProlongedFromNow) {
  if (!world_->exclusive_leases()) return;
  EXPECT_TRUE(Lease(3, "a"));
  world_->clock().Advance(600);
  EXPECT_TRUE(Lease(3, "a"));
  world_->clock().Advance(600);
  EXPECT_FALSE(Lease(3, "b"));
}

TEST_P(CursorStoreContract, ALeaseFromBeforeTheClockWasPutBackIsVoid) {
  if (!world_->exclusive_leases()) return;
  EXPECT_TRUE(Lease(3, "a"));
  world_->clock().Advance(-3'600'000);
  EXPECT_TRUE(Lease(3, "b"));
}

}  // namespace kefu::contract
