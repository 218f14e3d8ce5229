// The aggregate store as event handlers use it: cursors and timers in the commit, and what becomes
// of the outbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>

#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/cursors.h"
#include "services/common/redis/function.h"
#include "services/common/timers/due_queue.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::redis {
namespace {

using test::Await;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kNow = 1'700'000'000'000;

class AggregateCursorsTest : public ::testing::Test {
 protected:
  AggregateCursorsTest() { server_.LoadFunctions("gateway"); }

  Value Command(redis::Command command) {
    return Await(shards_->Of(shop_).Call(std::move(command))).value();
  }
  std::string Key(std::string_view name) { return store_.Key(shop_, name); }
  Cursor At() { return Await(cursors_->Get(shop_, "orders")).value(); }
  static CursorMove Move(Cursor expected, Cursor next) { return {"orders", expected, next}; }

  static AggregateStore::Decide Append(char letter, bool unchanged = false) {
    return [letter, unchanged](const Snapshot& now) -> absl::StatusOr<Change> {
      if (unchanged) return Change{.result = "nothing", .unchanged = true};
      return Change{.state = now.state + letter,
                    .result = std::string(1, letter),
                    .events = {{"type.a", "subject", "data"}}};
    };
  }
  absl::StatusOr<Committed> Update(Request request, AggregateStore::Decide decide,
                                   std::optional<CursorMove> move = std::nullopt) {
    return Await(store_.Update(id_, std::move(request), std::move(decide), std::move(move)));
  }

  test::RedisServer server_;
  ManualClock clock_{{kNow}};
  std::unique_ptr<ShardMap> shards_ = ShardMap::Single({server_.address(), "", ""});
  AggregateStore store_{*shards_, "gateway", &clock_};
  const std::unique_ptr<CursorStore> cursors_ = NewRedisCursors(*shards_, "gateway", &clock_);
  const ShopId shop_ = ShopId::Parse("demo").value();
  const AggregateId id_{shop_, "thing", "t1"};
};

TEST_F(AggregateCursorsTest, TheCursorMovesWithTheCommit) {
  ASSERT_TRUE(Update({"event-1", "h"}, Append('a'), Move({}, {1, 1})).ok());
  EXPECT_EQ(At(), (Cursor{1, 1}));
  EXPECT_EQ(Await(store_.Load(id_))->state, "a");
}

TEST_F(AggregateCursorsTest, ACommitBehindAMovedCursorIsRefusedAsAWhole) {
  ASSERT_TRUE(Await(cursors_->Advance(shop_, "orders", {}, {1, 1})).ok());
  const auto refused = Update({"event-1", "h"}, Append('a'), Move({}, {1, 1}));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(refused.status()), "CURSOR_MOVED");
  EXPECT_EQ(ErrorMetadataOf(refused.status()).at("seq"), "1");
  EXPECT_EQ(Await(store_.Load(id_))->version, 0u);
  EXPECT_EQ(Command({"EXISTS", Key("outbox")}).Int(), 0);
}

TEST_F(AggregateCursorsTest, ARepeatedRequestMovesTheCursorAndDoesNothingElse) {
  ASSERT_TRUE(Update({"event-1", "h"}, Append('a')).ok());
  const auto again = Update({"event-1", "h"}, Append('b'), Move({}, {1, 1}));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->result, "a");
  EXPECT_EQ(At(), (Cursor{1, 1}));
  EXPECT_EQ(Await(store_.Load(id_))->state, "a");
}

TEST_F(AggregateCursorsTest, ARepeatedRequestBehindAMovedCursorIsRefused) {
  ASSERT_TRUE(Update({"event-1", "h"}, Append('a'), Move({}, {1, 1})).ok());
  EXPECT_EQ(ErrorReason(Update({"event-1", "h"}, Append('a'), Move({}, {1, 1})).status()),
            "CURSOR_MOVED");
  EXPECT_EQ(At(), (Cursor{1, 1}));
}

TEST_F(AggregateCursorsTest, ARequestThatWasCarriedOutMeanwhileMovesTheCursorToo) {
  const auto committed = Update(
      {"event-1", "h"},
      [&](const Snapshot& now) -> absl::StatusOr<Change> {
        EXPECT_TRUE(Update({"event-1", "h"}, Append('x')).ok());
        return Append('y')(now);
      },
      Move({}, {1, 1}));
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_TRUE(committed->replayed);
  EXPECT_EQ(committed->state, "x");
  EXPECT_EQ(At(), (Cursor{1, 1}));
}

TEST_F(AggregateCursorsTest, ADecisionThatRefusesLeavesTheCursor) {
  const auto refused = Update(
      {"event-1", "h"},
      [](const Snapshot&) -> absl::StatusOr<Change> {
        return Error(absl::StatusCode::kNotFound, "NO_SUCH_ORDER", "None.");
      },
      Move({}, {1, 1}));
  EXPECT_EQ(ErrorReason(refused.status()), "NO_SUCH_ORDER");
  EXPECT_EQ(At(), Cursor());
}

TEST_F(AggregateCursorsTest, WhatIsUnchangedKeepsItsVersionAndItsRequestIsRemembered) {
  ASSERT_TRUE(Update({}, Append('a')).ok());
  const auto unchanged = Update({"event-1", "h"}, Append('b', true), Move({}, {1, 1}));
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(unchanged->version, 1u);
  EXPECT_EQ(unchanged->state, "a");
  EXPECT_EQ(unchanged->result, "nothing");
  EXPECT_THAT(unchanged->events, IsEmpty());
  EXPECT_EQ(At(), (Cursor{1, 1}));
  EXPECT_EQ(Command({"XLEN", Key("outbox")}).Int(), 1);
  const auto again = Update({"event-1", "h"}, Append('c'));
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->result, "nothing");
}

TEST_F(AggregateCursorsTest, WhatDoesNotExistAndStaysSoIsNotStored) {
  const auto unchanged = Update({"event-1", "h"}, Append('b', true), Move({}, {1, 1}));
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(unchanged->version, 0u);
  EXPECT_EQ(At(), (Cursor{1, 1}));
  EXPECT_EQ(Command({"EXISTS", Key("thing:t1")}).Int(), 0);
  EXPECT_FALSE(Update({"event-1", "h"}, Append('c'))->replayed);
}

TEST_F(AggregateCursorsTest, AnUnchangedDecisionIsMadeAgainWhenSomebodyCommittedInBetween) {
  ASSERT_TRUE(Update({}, Append('a')).ok());
  int decided = 0;
  const auto unchanged = Update({"event-1", "h"}, [&](const Snapshot& now) {
    if (decided++ == 0) {
      EXPECT_TRUE(Update({}, Append('x')).ok());
    }
    return Append('b', true)(now);
  });
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_EQ(decided, 2);
  EXPECT_EQ(unchanged->state, "ax");
}

TEST_F(AggregateCursorsTest, AnUnchangedChangeThatWritesIsABug) {
  const auto refused = Update({}, [](const Snapshot&) -> absl::StatusOr<Change> {
    return Change{.events = {{"type", "subject", "data"}}, .unchanged = true};
  });
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInternal);
}

TEST_F(AggregateCursorsTest, TimersAreSetMovedAndEndedWithTheCommit) {
  timers::DueQueue queue(*shards_, "gateway", &clock_);
  auto with = [&](std::vector<TimerChange> timers) {
    return Update({}, [timers](const Snapshot&) -> absl::StatusOr<Change> {
      return Change{.state = "s", .timers = timers};
    });
  };
  ASSERT_TRUE(with({{"close:a", TimePoint{kNow + 1}}, {"close:b", TimePoint{kNow + 2}}}).ok());
  ASSERT_TRUE(with({{"close:a", std::nullopt}, {"close:b", TimePoint{kNow + 5}}}).ok());
  clock_.Advance(4);
  EXPECT_THAT(Await(queue.Claim(shop_, 10, 1000)).value(), IsEmpty());
  clock_.Advance(1);
  const auto due = Await(queue.Claim(shop_, 10, 1000)).value();
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].key, "close:b");
  EXPECT_EQ(due[0].due.ms, kNow + 5);
}

TEST_F(AggregateCursorsTest, ARefusedCommitSetsNoTimer) {
  ASSERT_TRUE(Await(cursors_->Advance(shop_, "orders", {}, {1, 1})).ok());
  const auto refused = Update(
      {},
      [](const Snapshot&) -> absl::StatusOr<Change> {
        return Change{.state = "s", .timers = {{"close:a", TimePoint{kNow}}}};
      },
      Move({}, {1, 1}));
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(Command({"EXISTS", Key("due"), Key("dueset")}).Int(), 0);
}

TEST_F(AggregateCursorsTest, EveryShopWithACommitIsListed) {
  EXPECT_THAT(Await(store_.ListShops()).value(), IsEmpty());
  for (const char* name : {"shop-b", "shop-a", "shop-c"}) {
    const AggregateId id{ShopId::Parse(name).value(), "thing", "t"};
    ASSERT_TRUE(Await(store_.Update(id, {}, Append('a'))).ok());
  }
  ASSERT_TRUE(Await(store_.Update({std::nullopt, "thing", "t"}, {}, Append('a'))).ok());
  std::vector<std::string> names;
  const auto shops = Await(store_.ListShops("shop-a", 1));
  for (const ShopId& shop : *shops) names.push_back(shop.str());
  EXPECT_THAT(names, ElementsAre("shop-b"));
  EXPECT_EQ(Await(store_.ListShops())->size(), 3u);
}

TEST_F(AggregateCursorsTest, TheOutboxIsCountedInBytesAndNotCutOff) {
  constexpr int kEvents = 20;
  for (int i = 0; i < kEvents; ++i) ASSERT_TRUE(Update({}, Append('a')).ok());
  EXPECT_EQ(Command({"XLEN", Key("outbox")}).Int(), kEvents);
  int64_t bytes = 0;
  const Value stored = Command({"XRANGE", Key("outbox"), "-", "+"});
  for (const Value& element : stored.array()) {
    bytes += 16;
    for (const Value& text : element[1].array()) bytes += static_cast<int64_t>(text.str().size());
    EXPECT_EQ(element[1].Field("ep").str(), "1");
  }
  EXPECT_EQ(Command({"HGET", Key("meta"), "outbox_bytes"}).Int(), bytes);
  EXPECT_EQ(Command({"HGET", Key("meta"), "outbox_from"}).Int(), 1);
}

TEST_F(AggregateCursorsTest, WhatTheFormerReleaseCommitsStandsBesideWhatThisOneDoes) {
  ASSERT_TRUE(Update({"request-1", "h"}, Append('a')).ok());
  FunctionCall former{.function = "gateway_commit_v1",
                      .keys = {Key("thing:t1"), Key("meta"), Key("outbox"), Key("names")},
                      .arguments = {"1", "ab", "request-2", "h", "b", "10000", "1", "HSET", "1",
                                    "f", "@version", "", "", "envelope"},
                      .now_ms = std::to_string(kNow)};
  const auto reply = Await(CallFunction(shards_->Of(shop_), former));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ((*reply)[0].str(), "2");
  EXPECT_EQ((*reply)[5].str(), "2");
  EXPECT_EQ(Command({"HGET", Key("names"), "f"}).str(), "2");
  EXPECT_TRUE(Update({"request-2", "h"}, Append('x'))->replayed);
  EXPECT_EQ(Update({}, Append('c'))->state, "abc");
  EXPECT_EQ(Command({"HGET", Key("meta"), "outbox"}).str(), "3");
}

// Several consumers read the same log of kEvents events and take them as they like: with an effect,
// with nothing to do, or as a dead letter; sometimes they are cut off before they do anything.
// Answers how often each event had an effect or was buried.
class Consumers {
 public:
  static constexpr uint64_t kEvents = 60;

  Consumers(const std::string& address, uint32_t seed) : random_(seed) {
    for (int i = 0; i < 4; ++i) processes_.push_back(std::make_unique<Process>(address));
  }

  std::map<uint64_t, int> Run() {
    boost::asio::io_context loop;
    for (auto& process : processes_) Spawn(loop.get_executor(), Consume(*process));
    loop.run();
    std::map<uint64_t, int> times;
    for (const char* id : {"even", "odd"}) {
      const std::string state = Await(processes_[0]->store.Load({shop_, "thing", id}))->state;
      for (const char event : state) ++times[static_cast<uint64_t>(event)];
    }
    const auto dead = Await(processes_[0]->cursors->ListDead(shop_));
    for (const DeadLetter& letter : *dead) ++times[std::stoull(letter.event)];
    for (const uint64_t seq : passed_) ++times[seq];
    return times;
  }

 private:
  // Its own connection, as another process has.
  struct Process {
    explicit Process(const std::string& address)
        : shards(ShardMap::Single({address, "", ""})),
          store(*shards, "gateway"),
          cursors(NewRedisCursors(*shards, "gateway")) {}
    std::unique_ptr<ShardMap> shards;
    AggregateStore store;
    std::unique_ptr<CursorStore> cursors;
  };

  Task<> Consume(Process& process) {
    while (true) {
      const absl::StatusOr<Cursor> at = co_await process.cursors->Get(shop_, "orders");
      EXPECT_TRUE(at.ok()) << at.status();
      if (!at.ok() || at->seq >= kEvents) co_return;
      const uint64_t seq = at->seq + 1;
      const absl::Status status = co_await Handle(process, *at, {1, seq}, random_() % 10);
      EXPECT_TRUE(status.ok() || ErrorReason(status) == "CURSOR_MOVED" ||
                  ErrorReason(status) == "VERSION_CONFLICT")
          << status;
    }
  }

  Task<absl::Status> Handle(Process& process, Cursor expected, Cursor next, uint32_t choice) {
    const std::string source = "orders";
    if (choice == 0) co_return absl::OkStatus();  // cut off
    if (choice == 1) {
      const absl::Status moved = co_await process.cursors->Advance(shop_, source, expected, next);
      if (moved.ok()) passed_.insert(next.seq);
      co_return moved;
    }
    if (choice == 2) {
      DeadLetter letter;
      letter.source = source;
      letter.event = std::to_string(next.seq);
      co_return co_await process.cursors->Bury(shop_, std::move(letter), expected, next);
    }
    const AggregateId id{shop_, "thing", next.seq % 2 == 0 ? "even" : "odd"};
    // Without a request id: the cursor alone keeps the effect single.
    const Request anonymous;
    AggregateStore::Decide decide = [next](const Snapshot& now) -> absl::StatusOr<Change> {
      return Change{.state = now.state + static_cast<char>(next.seq)};
    };
    std::optional<CursorMove> move = CursorMove{source, expected, next};
    co_return (co_await process.store.Update(id, anonymous, std::move(decide), std::move(move)))
        .status();
  }

  const ShopId shop_ = ShopId::Parse("demo").value();
  std::minstd_rand random_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::multiset<uint64_t> passed_;
};

TEST(AggregateCursorsProperty, EveryEventIsTakenExactlyOnceHoweverManyReadTheSameLog) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    test::RedisServer server;
    server.LoadFunctions("gateway");
    const auto times = Consumers(server.address(), seed).Run();
    for (uint64_t seq = 1; seq <= Consumers::kEvents; ++seq) {
      const auto found = times.find(seq);
      EXPECT_EQ(found == times.end() ? 0 : found->second, 1)
          << "event " << seq << ", seed " << seed;
    }
  }
}

TEST(AggregateCursorsProperty, WithoutTheCheckOfTheCursorEventsAreTakenTwice) {
  test::RedisServer server;
  server.LoadFunctionsWithoutCursorCheck("gateway");
  int doubled = 0;
  for (const auto& [seq, count] : Consumers(server.address(), 1).Run()) doubled += count > 1;
  EXPECT_GT(doubled, 0);
}

}  // namespace
}  // namespace kefu::redis
