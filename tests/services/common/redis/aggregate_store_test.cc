#include "services/common/redis/aggregate_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::redis {
namespace {

using test::Await;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kNow = 1'700'000'000'000;

class AggregateStoreTest : public ::testing::Test {
 protected:
  AggregateStoreTest() { server_.LoadFunctions("gateway"); }

  Value Command(redis::Command command) {
    return Await(shards_->Of(shop_).Call(std::move(command))).value();
  }
  std::string Key(std::string_view name) { return store_.Key(shop_, name); }

  // A decision that appends a letter to the state and answers it.
  static AggregateStore::Decide Append(char letter) {
    return [letter](const Snapshot& now) -> absl::StatusOr<Change> {
      return Change{.state = now.state + letter, .result = std::string(1, letter)};
    };
  }
  absl::StatusOr<Committed> Update(Request request, AggregateStore::Decide decide) {
    return Await(store_.Update(id_, std::move(request), std::move(decide)));
  }

  test::RedisServer server_;
  ManualClock clock_{{kNow}};
  std::unique_ptr<ShardMap> shards_ = ShardMap::Single({server_.address(), "", ""});
  AggregateStore store_{*shards_, "gateway", &clock_};
  const ShopId shop_ = ShopId::Parse("demo").value();
  const AggregateId id_{shop_, "thing", "t1"};
};

TEST_F(AggregateStoreTest, AnAbsentAggregateHasVersionZeroAndTheShopsTime) {
  const auto snapshot = Await(store_.Load(id_));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->version, 0u);
  EXPECT_EQ(snapshot->state, "");
  EXPECT_EQ(snapshot->time.ms, kNow);
}

TEST_F(AggregateStoreTest, EveryCommitRaisesTheVersionByOne) {
  EXPECT_EQ(Update({}, Append('a'))->version, 1u);
  EXPECT_EQ(Update({}, Append('b'))->version, 2u);
  const auto snapshot = Await(store_.Load(id_));
  EXPECT_EQ(snapshot->version, 2u);
  EXPECT_EQ(snapshot->state, "ab");
}

TEST_F(AggregateStoreTest, BytesOfAnyKindComeBackAsTheyWere) {
  const std::string state("\0\xff\r\n$5", 6);
  ASSERT_TRUE(Update({}, [&](const Snapshot&) -> absl::StatusOr<Change> {
                return Change{.state = state};
              }).ok());
  EXPECT_EQ(Await(store_.Load(id_))->state, state);
}

TEST_F(AggregateStoreTest, ADecisionThatRefusesWritesNothing) {
  const auto refused = Update({"request-1", "h"}, [](const Snapshot&) -> absl::StatusOr<Change> {
    return Error(absl::StatusCode::kFailedPrecondition, "NOT_NOW", "Later.");
  });
  EXPECT_EQ(ErrorReason(refused.status()), "NOT_NOW");
  EXPECT_THAT(Command({"KEYS", "*"}).array(), IsEmpty());
}

TEST_F(AggregateStoreTest, DecidesAgainWhenSomebodyCommittedInBetween) {
  int decided = 0;
  const auto committed = Update({}, [&](const Snapshot& now) -> absl::StatusOr<Change> {
    if (decided++ == 0) {
      EXPECT_TRUE(Update({}, Append('x')).ok());
    }
    return Append('y')(now);
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(decided, 2);
  EXPECT_EQ(committed->version, 2u);
  EXPECT_EQ(Await(store_.Load(id_))->state, "xy");
}

TEST_F(AggregateStoreTest, GivesUpAfterEightLostRaces) {
  int decided = 0;
  const auto committed = Update({}, [&](const Snapshot& now) -> absl::StatusOr<Change> {
    ++decided;
    EXPECT_TRUE(Update({}, Append('x')).ok());
    return Append('y')(now);
  });
  EXPECT_EQ(committed.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(committed.status()), "VERSION_CONFLICT");
  EXPECT_EQ(decided, 8);
  EXPECT_EQ(Await(store_.Load(id_))->state, "xxxxxxxx");
}

TEST_F(AggregateStoreTest, ARepeatedRequestAnswersItsFirstResultAndDecidesNothing) {
  ASSERT_TRUE(Update({"request-1", "h"}, Append('a')).ok());
  ASSERT_TRUE(Update({"request-2", "h"}, Append('b')).ok());
  for (const auto& [request, result] : {std::pair("request-1", "a"), std::pair("request-2", "b")}) {
    const auto again = Update({request, "h"}, [](const Snapshot&) -> absl::StatusOr<Change> {
      ADD_FAILURE() << "decided again";
      return Change{};
    });
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(again->result, result);
    EXPECT_EQ(again->state, "ab");
    EXPECT_EQ(again->version, 2u);
    EXPECT_THAT(again->events, IsEmpty());
  }
}

TEST_F(AggregateStoreTest, ARequestIdWithAnotherPayloadIsRefused) {
  ASSERT_TRUE(Update({"request-1", "h"}, Append('a')).ok());
  const auto reused = Update({"request-1", "other"}, Append('b'));
  EXPECT_EQ(reused.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(reused.status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(Await(store_.Load(id_))->state, "a");
}

TEST_F(AggregateStoreTest, TwoAttemptsOfOneRequestAtOnceAreCarriedOutOnce) {
  const auto committed =
      Update({"request-1", "h"}, [&](const Snapshot& now) -> absl::StatusOr<Change> {
        EXPECT_TRUE(Update({"request-1", "h"}, Append('x')).ok());
        return Append('y')(now);
      });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_TRUE(committed->replayed);
  EXPECT_EQ(committed->result, "x");
  EXPECT_EQ(committed->state, "x");
}

TEST_F(AggregateStoreTest, RemembersTheCreatingRequestAndTheLastSixteen) {
  ASSERT_TRUE(Update({"create", "h"}, Append('c')).ok());
  for (int i = 0; i < 17; ++i)
    ASSERT_TRUE(Update({"request-" + std::to_string(i), "h"}, Append('.')).ok());
  EXPECT_TRUE(Update({"create", "h"}, Append('!'))->replayed);
  EXPECT_TRUE(Update({"request-1", "h"}, Append('!'))->replayed);
  EXPECT_FALSE(Update({"request-0", "h"}, Append('!'))->replayed);
}

TEST_F(AggregateStoreTest, FindsWhatARequestDidWithoutDoingIt) {
  EXPECT_FALSE(Await(store_.FindReplay(id_, {"request-1", "h"}))->has_value());
  ASSERT_TRUE(Update({"request-1", "h"}, Append('a')).ok());
  const auto found = Await(store_.FindReplay(id_, {"request-1", "h"}));
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->result, "a");
  EXPECT_EQ(ErrorReason(Await(store_.FindReplay(id_, {"request-1", "other"})).status()),
            "REQUEST_ID_REUSED");
}

TEST_F(AggregateStoreTest, WritesEveryKindOfIndexInTheSameCommit) {
  using Kind = IndexChange::Kind;
  auto with = [](std::vector<IndexChange> indexes) -> AggregateStore::Decide {
    return [indexes](const Snapshot&) -> absl::StatusOr<Change> {
      return Change{.state = "s", .indexes = indexes};
    };
  };
  ASSERT_TRUE(Update({}, with({{Kind::kHashSet, "h", "f", "v"},
                               {Kind::kHashSet, "h", "gone", "v"},
                               {Kind::kSetAdd, "s", "m"},
                               {Kind::kSetAdd, "s", "gone"},
                               {Kind::kSortedAdd, "z", "m", "2.5"},
                               {Kind::kSortedAdd, "z", "gone", "1"},
                               {Kind::kSortedAdd, "z", "v", std::string(IndexChange::kVersion)}}))
                  .ok());
  ASSERT_TRUE(Update({}, with({{Kind::kHashDelete, "h", "gone"},
                               {Kind::kSetRemove, "s", "gone"},
                               {Kind::kSortedRemove, "z", "gone"}}))
                  .ok());
  EXPECT_EQ(Command({"HGETALL", Key("h")}).size(), 2u);
  EXPECT_EQ(Command({"HGET", Key("h"), "f"}).str(), "v");
  EXPECT_EQ(Command({"SMEMBERS", Key("s")})[0].str(), "m");
  EXPECT_EQ(Command({"SCARD", Key("s")}).Int(), 1);
  EXPECT_EQ(Command({"ZCARD", Key("z")}).Int(), 2);
  EXPECT_EQ(Command({"ZSCORE", Key("z"), "m"}).str(), "2.5");
  EXPECT_EQ(Command({"ZSCORE", Key("z"), "v"}).str(), "1");
}

TEST_F(AggregateStoreTest, ATakenUniqueMemberRefusesTheWholeCommit) {
  auto claim = [](std::string owner) -> AggregateStore::Decide {
    return [owner](const Snapshot&) -> absl::StatusOr<Change> {
      return Change{.state = owner,
                    .indexes = {{IndexChange::Kind::kSetAdd, "s", owner},
                                {IndexChange::Kind::kHashSetNew, "names", "n", owner, "NAME_TAKEN",
                                 "Take another."}},
                    .events = {{"type", "subject", "data"}}};
    };
  };
  ASSERT_TRUE(Update({}, claim("first")).ok());
  const auto taken =
      Await(store_.Update({shop_, "thing", "t2"}, {"request-1", "h"}, claim("second")));
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(taken.status()), "NAME_TAKEN");
  EXPECT_EQ(taken.status().message(), "Take another.");
  EXPECT_EQ(Command({"EXISTS", Key("thing:t2")}).Int(), 0);
  EXPECT_EQ(Command({"SCARD", Key("s")}).Int(), 1);
  EXPECT_EQ(Command({"XLEN", Key("outbox")}).Int(), 1);
  // Its owner may claim it again.
  EXPECT_TRUE(Update({}, claim("first")).ok());
}

TEST_F(AggregateStoreTest, EventsStandInTheOutboxAsTheyAreHandedOut) {
  ASSERT_TRUE(Update({}, Append('a')).ok());
  Command({"HSET", Key("meta"), "store_epoch", "3"});
  const auto committed =
      Update({"request-1", "h", "00-trace"}, [](const Snapshot&) -> absl::StatusOr<Change> {
        return Change{.state = "s", .events = {{"type.a", "one", "1"}, {"type.b", "two", "2", 7}}};
      });
  ASSERT_TRUE(committed.ok()) << committed.status();
  ASSERT_EQ(committed->events.size(), 2u);
  const events::v1::Envelope& second = committed->events[1];
  EXPECT_EQ(committed->events[0].seq(), 1u);
  EXPECT_EQ(second.seq(), 2u);
  EXPECT_EQ(second.store_epoch(), 3u);
  EXPECT_EQ(second.time().seconds(), kNow / 1000);
  EXPECT_EQ(second.source(), "gateway");
  EXPECT_EQ(second.type(), "type.b");
  EXPECT_EQ(second.subject(), "two");
  EXPECT_EQ(second.shop(), "demo");
  EXPECT_EQ(second.record_version(), 7u);
  EXPECT_EQ(second.traceparent(), "00-trace");
  EXPECT_EQ(second.data(), "2");

  const Value stored = Command({"XRANGE", Key("outbox"), "-", "+"});
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored[1][0].str(), "2-0");
  EXPECT_EQ(stored[1][1].Field("t").str(), std::to_string(kNow));
  events::v1::Envelope envelope;
  ASSERT_TRUE(envelope.ParseFromString(stored[1][1].Field("e").str()));
  EXPECT_EQ(envelope.id(), second.id());
  EXPECT_EQ(envelope.data(), "2");
  EXPECT_EQ(Command({"HGET", Key("meta"), "outbox"}).str(), "2");
}

TEST_F(AggregateStoreTest, TheShopsTimeNeverGoesBack) {
  ASSERT_TRUE(Update({}, Append('a')).ok());
  clock_.Advance(-3'600'000);
  EXPECT_EQ(Await(store_.Load(id_))->time.ms, kNow);
  ASSERT_TRUE(Update({}, Append('b')).ok());
  EXPECT_EQ(Command({"HGET", Key("meta"), "last_ms"}).str(), std::to_string(kNow));
}

TEST_F(AggregateStoreTest, LoadsManyInTheOrderAskedFor) {
  for (const char* id : {"a", "b"}) {
    ASSERT_TRUE(Await(store_.Update({shop_, "thing", id}, {}, Append(*id))).ok());
  }
  const auto snapshots = Await(store_.LoadMany(shop_, "thing", {"b", "none", "a"}));
  ASSERT_TRUE(snapshots.ok()) << snapshots.status();
  std::vector<std::string> states;
  for (const Snapshot& snapshot : *snapshots)
    states.push_back(std::to_string(snapshot.version) + snapshot.state);
  EXPECT_THAT(states, ElementsAre("1b", "0", "1a"));
}

TEST_F(AggregateStoreTest, WhatBelongsToNoShopIsKeptApart) {
  const AggregateId system{std::nullopt, "thing", "t1"};
  ASSERT_TRUE(Await(store_.Update(system, {}, Append('s'))).ok());
  EXPECT_EQ(Await(store_.Load(id_))->version, 0u);
  EXPECT_EQ(Command({"EXISTS", "kf:gateway:{sys}:thing:t1"}).Int(), 1);
}

TEST_F(AggregateStoreTest, ManyWritersLoseNothing) {
  boost::asio::io_context loop;
  constexpr int kWriters = 4, kEach = 50;
  for (int writer = 0; writer < kWriters; ++writer) {
    Spawn(loop.get_executor(),
          [](AggregateStore& store, AggregateId id, AggregateStore::Decide decide) -> Task<> {
            const Request anonymous;
            for (int i = 0; i < kEach; ++i) {
              absl::StatusOr<Committed> committed;
              do {
                committed = co_await store.Update(id, anonymous, decide);
              } while (ErrorReason(committed.status()) == "VERSION_CONFLICT");
              EXPECT_TRUE(committed.ok()) << committed.status();
            }
          }(store_, id_, Append('.')));
  }
  loop.run();
  const auto snapshot = Await(store_.Load(id_));
  EXPECT_EQ(snapshot->version, static_cast<uint64_t>(kWriters * kEach));
  EXPECT_EQ(snapshot->state.size(), static_cast<size_t>(kWriters * kEach));
}

}  // namespace
}  // namespace kefu::redis
