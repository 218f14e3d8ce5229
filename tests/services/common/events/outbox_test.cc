#include "services/common/events/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "services/common/redis/aggregate_store.h"
#include "tests/contract/outbox_contract.h"
#include "tests/contract/outbox_trimming_contract.h"
#include "tests/support/await.h"
#include "tests/support/memory_outbox.h"
#include "tests/support/redis_server.h"

namespace kefu::contract {
namespace {

using events::v1::Envelope;
using redis::Change;
using redis::IndexChange;
using test::Await;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr int64_t kNow = 1'700'000'000'000;

absl::StatusOr<std::vector<redis::NewEvent>> Show(const std::string& id,
                                                  const redis::Snapshot& snapshot) {
  std::vector<redis::NewEvent> events;
  if (snapshot.state != "hidden") events.push_back({"thing.changed", id, snapshot.state, 3});
  return events;
}

// Things whose events show their state as it is.
class PlainWorld : public OutboxWorld {
 public:
  std::string Put(const ShopId& shop, const std::string& thing) final {
    const std::string state = std::to_string(++states_);
    PutState(shop, thing, state, type());
    return state;
  }
  std::optional<Shown> Look(const Envelope& envelope) final {
    return Shown{envelope.subject(), envelope.data()};
  }
  std::string type() final { return "thing.changed"; }
  uint32_t record_version() final { return 3; }
  bool PutOther(const ShopId& shop) final {
    PutState(shop, "t0", "other", "thing.other");
    return true;
  }
  void PutBig(const ShopId& shop) final { PutState(shop, "t0", std::string(300'000, 'x'), type()); }

  virtual void PutState(const ShopId& shop, const std::string& thing, const std::string& state,
                        const std::string& type) = 0;

 private:
  int states_ = 0;
};

// Things are aggregates, listed in an index in which every change moves them about.
class RedisWorld final : public PlainWorld {
 public:
  RedisWorld() { server_.LoadFunctions("gateway"); }

  events::Outbox& outbox() override { return *outbox_; }
  ManualClock& clock() override { return clock_; }
  void PutState(const ShopId& shop, const std::string& thing, const std::string& state,
                const std::string& type) override {
    const Change change{.state = state,
                        .indexes = {{IndexChange::Kind::kSortedAdd, "things", thing,
                                     std::to_string(++puts_ * 7 % 5)}},
                        .events = {{type, thing, state, 3}}};
    Commit(shop, "thing", thing, change);
  }
  void DropBefore(const ShopId& shop, uint64_t first) override {
    Command(shop, {"XTRIM", Key(shop, "outbox"), "MINID", "=", std::to_string(first) + "-0"});
  }

  void Commit(const ShopId& shop, const std::string& type, const std::string& id, Change change) {
    const auto committed = Await(store_.Update(
        {shop, type, id}, {},
        [&change](const redis::Snapshot&) -> absl::StatusOr<Change> { return change; }));
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  redis::Value Command(const ShopId& shop, redis::Command command) {
    return Await(shards_->Of(shop).Call(std::move(command))).value();
  }
  std::string Key(const ShopId& shop, std::string_view name) const {
    return store_.Key(shop, name);
  }

 private:
  test::RedisServer server_;
  ManualClock clock_{{kNow}};
  const std::unique_ptr<redis::ShardMap> shards_ =
      redis::ShardMap::Single({server_.address(), "", ""});
  redis::AggregateStore store_{*shards_, "gateway", &clock_};
  const std::unique_ptr<events::Outbox> outbox_ =
      events::NewAggregateOutbox(*shards_, store_, "gateway", "things",
                                 {{"thing", "things", Show}, {"other", "others", Show}});
  int puts_ = 0;
};

class MemoryWorld final : public PlainWorld {
 public:
  events::Outbox& outbox() override { return outbox_; }
  ManualClock& clock() override { return clock_; }
  void PutState(const ShopId& shop, const std::string& thing, const std::string& state,
                const std::string& type) override {
    outbox_.Append(shop, type, thing, state, 3);
  }
  void DropBefore(const ShopId& shop, uint64_t first) override { outbox_.DropBefore(shop, first); }

 private:
  ManualClock clock_{{kNow}};
  test::MemoryOutbox outbox_{"things", clock_};
};

const OutboxSubject kRedis{"redis", [] { return std::make_unique<RedisWorld>(); }};
const OutboxSubject kMemory{"memory", [] { return std::make_unique<MemoryWorld>(); }};

INSTANTIATE_TEST_SUITE_P(Outbox, OutboxContract, testing::Values(kRedis, kMemory),
                         OutboxSubjectName);
INSTANTIATE_TEST_SUITE_P(Outbox, OutboxTrimmingContract, testing::Values(kRedis, kMemory),
                         OutboxSubjectName);
INSTANTIATE_TEST_SUITE_P(Outbox, OutboxOfBigEventsContract, testing::Values(kRedis, kMemory),
                         OutboxSubjectName);

// What is special to the one that AggregateStore writes: how it stands in Redis, which other
// releases read, too, and what a snapshot is made of.
class AggregateOutboxTest : public OutboxContract {
 protected:
  RedisWorld& world() { return static_cast<RedisWorld&>(*world_); }
  redis::Value Command(redis::Command command) {
    return world().Command(shop_, std::move(command));
  }
  std::string Key(std::string_view name) { return world().Key(shop_, name); }
  int64_t CountedBytes() { return Command({"HGET", Key("meta"), "outbox_bytes"}).Int(); }
  int64_t RealBytes() {
    int64_t bytes = 0;
    const redis::Value all = Command({"XRANGE", Key("outbox"), "-", "+"});
    for (const redis::Value& element : all.array()) {
      bytes += 16;
      for (const redis::Value& text : element[1].array())
        bytes += static_cast<int64_t>(text.str().size());
    }
    return bytes;
  }
};
INSTANTIATE_TEST_SUITE_P(Outbox, AggregateOutboxTest, testing::Values(kRedis), OutboxSubjectName);

TEST_P(AggregateOutboxTest, AnElementOfTheFormerReleaseGetsTheEpochInForce) {
  Envelope envelope;
  envelope.set_type("old");
  Command({"XADD", Key("outbox"), "1-0", "t", "5", "e", envelope.SerializeAsString()});
  Command({"HSET", Key("meta"), "store_epoch", "7", "outbox", "1"});
  const auto read = Read(0);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->envelopes(0).store_epoch(), 7u);
  EXPECT_EQ(read->envelopes(0).seq(), 1u);
}

// What one message between services may hold is bounded: a consumer would never get on.
TEST_P(AggregateOutboxTest, APageOfASnapshotWithBigThingsIsShorter) {
  for (int i = 0; i < 20; ++i)
    world().PutState(shop_, "b" + std::to_string(i), std::string(300'000, 'x'), "thing.changed");
  std::set<std::string> things;
  std::string token;
  do {
    const auto page = SnapshotPage(token);
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_GT(page->envelopes_size(), 0);
    EXPECT_LT(page->ByteSizeLong(), 3u << 20);
    for (const Envelope& envelope : page->envelopes())
      EXPECT_TRUE(things.insert(envelope.subject()).second) << envelope.subject();
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_THAT(things, SizeIs(20));
}

TEST_P(AggregateOutboxTest, AConsumerIsRegisteredWithWhatItReports) {
  ASSERT_TRUE(Report("records", 4).ok());
  EXPECT_EQ(Command({"HGET", Key("consumers"), "records"}).str(), "1:4:" + std::to_string(kNow));
  ASSERT_TRUE(Report("records", 6, 2).ok());
  EXPECT_EQ(Command({"HGET", Key("consumers"), "records"}).str(), "2:6:" + std::to_string(kNow));
}

TEST_P(AggregateOutboxTest, AConsumerThatStandsStillIsWrittenDownOnceAnHour) {
  ASSERT_TRUE(Report("records", 4).ok());
  clock().Advance(kHour - 1);
  ASSERT_TRUE(Report("records", 4).ok());
  EXPECT_EQ(Command({"HGET", Key("consumers"), "records"}).str(), "1:4:" + std::to_string(kNow));
  clock().Advance(1);
  ASSERT_TRUE(Report("records", 4).ok());
  EXPECT_EQ(Command({"HGET", Key("consumers"), "records"}).str(),
            "1:4:" + std::to_string(kNow + kHour));
}

TEST_P(AggregateOutboxTest, EveryShopReportedIsWrittenDown) {
  events::v1::ReportCursorsRequest request;
  request.set_consumer("records");
  for (int i = 0; i < 1000; ++i) {
    auto* const cursor = request.add_cursors();
    cursor->set_shop("shop-" + std::to_string(i));
    cursor->set_store_epoch(1);
    cursor->set_seq(static_cast<uint64_t>(i));
  }
  ASSERT_TRUE(Await(outbox().ReportCursors(Scope(), request)).ok());
  EXPECT_EQ(Command({"HGET", "kf:gateway:{shop-999}:consumers", "records"}).str(),
            "1:999:" + std::to_string(kNow));
}

TEST_P(AggregateOutboxTest, BytesAreCountedAsTheyComeAndGo) {
  PutMany(10);
  EXPECT_EQ(CountedBytes(), RealBytes());
  ASSERT_TRUE(Report("records", 4).ok());
  clock().Advance(2 * kHour);
  EXPECT_EQ(Trim(), 4u);
  EXPECT_EQ(CountedBytes(), RealBytes());
  clock().Advance(kWeek);
  EXPECT_EQ(Trim(), 6u);
  EXPECT_EQ(CountedBytes(), 0);
}

TEST_P(AggregateOutboxTest, AConsumerNotHeardOfForAWeekIsForgotten) {
  ASSERT_TRUE(Report("gone", 0).ok());
  clock().Advance(kWeek + 1);
  ASSERT_TRUE(Report("records", 0).ok());
  Trim();
  EXPECT_EQ(Command({"HEXISTS", Key("consumers"), "gone"}).Int(), 0);
  EXPECT_EQ(Command({"HEXISTS", Key("consumers"), "records"}).Int(), 1);
}

TEST_P(AggregateOutboxTest, TooManyBytesAreTrimmedWhoeverStillWantsThem) {
  PutMany(10);
  ASSERT_TRUE(Report("slow", 0).ok());
  const int64_t each = CountedBytes() / 10;
  // As if 512 MiB had been reached: five events too much.
  Command(
      {"HSET", Key("meta"), "outbox_bytes", std::to_string((int64_t{512} << 20) + 4 * each + 1)});
  EXPECT_EQ(Trim(), 5u);
}

TEST_P(AggregateOutboxTest, EventsOfTheFormerReleaseDoNotDisturbTheCount) {
  for (int i = 1; i <= 3; ++i) {
    Command({"XADD", Key("outbox"), std::to_string(i) + "-0", "t", std::to_string(kNow), "e",
             std::string(1000, 'x')});
  }
  Command({"HSET", Key("meta"), "outbox", "3"});
  clock().Advance(1000);
  Put("t0");
  const int64_t counted = CountedBytes();
  clock().Advance(kWeek - 999);
  EXPECT_EQ(Trim(), 3u);
  EXPECT_EQ(CountedBytes(), counted);
  EXPECT_EQ(CountedBytes(), RealBytes());
}

TEST_P(AggregateOutboxTest, WhatShowsNothingIsLeftOut) {
  world().PutState(shop_, "a", "hidden", "thing.changed");
  Put("b");
  // In the index, but gone.
  Command({"ZADD", Key("things"), "0", "c"});
  EXPECT_THAT(SnapshotPage("")->envelopes(), SizeIs(1));
}

TEST_P(AggregateOutboxTest, AllPartsAreShownOneAfterTheOther) {
  Put("a");
  Put("b");
  const Change other{.state = "x",
                     .indexes = {{IndexChange::Kind::kSortedAdd, "others", "o", "1"}}};
  world().Commit(shop_, "other", "o", other);
  std::vector<std::string> subjects;
  std::string token;
  do {
    const auto page = SnapshotPage(token, 1);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const Envelope& envelope : page->envelopes()) subjects.push_back(envelope.subject());
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_THAT(subjects, ElementsAre("a", "b", "o"));
}

}  // namespace
}  // namespace kefu::contract
