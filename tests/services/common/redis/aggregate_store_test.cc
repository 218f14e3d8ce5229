#include "services/common/redis/aggregate_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "services/common/redis/cursors.h"
#include "services/common/redis/function.h"
#include "services/common/timers/due_queue.h"
#include "tests/contract/aggregate_moves_contract.h"
#include "tests/contract/aggregate_store_contract.h"
#include "tests/support/await.h"
#include "tests/support/memory_aggregates.h"
#include "tests/support/memory_cursors.h"
#include "tests/support/redis_server.h"

namespace kefu::contract {
namespace {

using events::v1::Envelope;
using test::Await;

constexpr int64_t kNow = 1'700'000'000'000;

class RedisWorld {
 public:
  RedisWorld() { server_.LoadFunctions("gateway"); }

  redis::AggregateStore& store() { return store_; }
  ManualClock& clock() { return clock_; }
  redis::CursorStore& cursors() { return *cursors_; }

  redis::Value Command(const std::optional<ShopId>& shop, redis::Command command) {
    return Await(store_.ClientOf(shop).Call(std::move(command))).value();
  }

  std::map<std::string, std::string> IndexOf(const std::optional<ShopId>& shop,
                                             const std::string& name) {
    const std::string key = store_.Key(shop, name);
    const std::string type = Command(shop, {"TYPE", key}).str();
    std::map<std::string, std::string> index;
    if (type == "set") {
      const redis::Value members = Command(shop, {"SMEMBERS", key});
      for (const redis::Value& member : members.array()) index[member.str()] = "";
    } else if (type != "none") {
      const redis::Value flat = type == "hash"
                                    ? Command(shop, {"HGETALL", key})
                                    : Command(shop, {"ZRANGE", key, "0", "-1", "WITHSCORES"});
      for (size_t i = 0; i + 1 < flat.size(); i += 2) index[flat[i].str()] = flat[i + 1].str();
    }
    return index;
  }

  // With what only its place says of an event, as its readers see it.
  std::vector<Envelope> Log(const std::optional<ShopId>& shop) {
    const redis::Value stored = Command(shop, {"XRANGE", store_.Key(shop, "outbox"), "-", "+"});
    std::vector<Envelope> log;
    for (const redis::Value& element : stored.array()) {
      Envelope& envelope = log.emplace_back();
      EXPECT_TRUE(envelope.ParseFromString(element[1].Field("e").str()));
      envelope.set_seq(std::stoull(element[0].str()));
      envelope.set_store_epoch(static_cast<uint64_t>(element[1].Field("ep").Int()));
      const int64_t ms = element[1].Field("t").Int();
      envelope.mutable_time()->set_seconds(ms / 1000);
      envelope.mutable_time()->set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
    }
    return log;
  }

  // Claims them, so they are not due again at once.
  std::map<std::string, TimePoint> Due(const ShopId& shop) {
    timers::DueQueue queue(*shards_, "gateway", &clock_);
    std::map<std::string, TimePoint> due;
    const auto claimed = Await(queue.Claim(shop, 10, 1000));
    for (const timers::DueItem& item : claimed.value()) due[item.key] = item.due;
    return due;
  }

  void SetEpoch(const ShopId& shop, uint64_t epoch) {
    Command(shop, {"HSET", store_.Key(shop, "meta"), "store_epoch", std::to_string(epoch)});
  }
  bool empty() { return Command(std::nullopt, {"DBSIZE"}).Int() == 0; }

 private:
  test::RedisServer server_;
  ManualClock clock_{{kNow}};
  const std::unique_ptr<redis::ShardMap> shards_ =
      redis::ShardMap::Single({server_.address(), "", ""});
  redis::AggregateStore store_{*shards_, "gateway", &clock_};
  const std::unique_ptr<redis::CursorStore> cursors_ =
      redis::NewRedisCursors(*shards_, "gateway", &clock_);
};

class MemoryWorld {
 public:
  test::MemoryAggregates& store() { return store_; }
  ManualClock& clock() { return clock_; }
  redis::CursorStore& cursors() { return cursors_; }
  auto IndexOf(const std::optional<ShopId>& shop, const std::string& name) {
    return store_.IndexOf(shop, name);
  }
  std::vector<Envelope> Log(const std::optional<ShopId>& shop) { return store_.Log(shop); }
  auto Due(const ShopId& shop) { return store_.Due(shop); }
  void SetEpoch(const ShopId& shop, uint64_t epoch) { store_.SetEpoch(shop, epoch); }
  bool empty() { return store_.empty(); }

 private:
  ManualClock clock_{{kNow}};
  test::MemoryCursors cursors_{clock_};
  test::MemoryAggregates store_{"gateway", clock_, cursors_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, AggregateStoreContract, RedisWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, AggregateStoreContract, MemoryWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Redis, AggregateMovesContract, RedisWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, AggregateMovesContract, MemoryWorld);

// What stands in Redis is read by other releases, and by people.
class StoredAggregateTest : public testing::Test {
 protected:
  redis::Value Command(redis::Command command) { return world_.Command(shop_, std::move(command)); }
  std::string Key(std::string_view name) { return world_.store().Key(shop_, name); }
  std::string Get(std::string_view hash, const std::string& field) {
    return Command({"HGET", Key(hash), field}).str();
  }
  auto Update(redis::Request request, redis::AggregateStore::Decide decide) {
    return Await(world_.store().Update({shop_, "thing", "t1"}, std::move(request), decide));
  }
  static redis::AggregateStore::Decide WithEvents(size_t count) {
    return Write(
        {.state = "s", .events = std::vector<redis::NewEvent>(count, {"type", "subject", "data"})});
  }

  RedisWorld world_;
  const ShopId shop_ = ShopId::Parse("demo").value();
};

TEST_F(StoredAggregateTest, KeysNameServiceShopTypeAndId) {
  ASSERT_TRUE(Update({}, Append('a')).ok());
  ASSERT_TRUE(Await(world_.store().Update({std::nullopt, "thing", "t1"}, {}, Append('a'))).ok());
  for (const char* key :
       {"kf:gateway:{demo}:thing:t1", "kf:gateway:{sys}:thing:t1", "kf:gateway:{sys}:log_shops"})
    EXPECT_EQ(Command({"EXISTS", key}).Int(), 1) << key;
}

TEST_F(StoredAggregateTest, TheOutboxIsAStreamByPosition) {
  ASSERT_TRUE(Update({}, WithEvents(2)).ok());
  const redis::Value stored = Command({"XRANGE", Key("outbox"), "-", "+"});
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored[1][0].str(), "2-0");
  EXPECT_EQ(stored[1][1].Field("t").str(), std::to_string(kNow));
  EXPECT_EQ(stored[1][1].Field("ep").str(), "1");
  EXPECT_EQ(Get("meta", "outbox"), "2");
}

TEST_F(StoredAggregateTest, TheShopsLastTimeIsWrittenDown) {
  ASSERT_TRUE(Update({}, Append('a')).ok());
  world_.clock().Advance(-3'600'000);
  ASSERT_TRUE(Update({}, Append('b')).ok());
  EXPECT_EQ(Get("meta", "last_ms"), std::to_string(kNow));
}

TEST_F(StoredAggregateTest, TheOutboxIsCountedInBytesAndNotCutOff) {
  constexpr int kEvents = 20;
  for (int i = 0; i < kEvents; ++i) ASSERT_TRUE(Update({}, WithEvents(1)).ok());
  int64_t bytes = 0;
  const redis::Value stored = Command({"XRANGE", Key("outbox"), "-", "+"});
  EXPECT_EQ(stored.size(), static_cast<size_t>(kEvents));
  for (const redis::Value& element : stored.array()) {
    bytes += 16;
    for (const redis::Value& text : element[1].array())
      bytes += static_cast<int64_t>(text.str().size());
  }
  EXPECT_EQ(Get("meta", "outbox_bytes"), std::to_string(bytes));
  EXPECT_EQ(Get("meta", "outbox_from"), "1");
}

TEST_F(StoredAggregateTest, WhatTheFormerReleaseCommitsStandsBesideWhatThisOneDoes) {
  ASSERT_TRUE(Update({"request-1", "h"}, WithEvents(1)).ok());
  redis::FunctionCall former{.function = "gateway_commit_v1",
                             .keys = {Key("thing:t1"), Key("meta"), Key("outbox"), Key("names")},
                             .arguments = {"1", "ab", "request-2", "h", "b", "10000", "1", "HSET",
                                           "1", "f", "@version", "", "", "envelope"},
                             .now_ms = std::to_string(kNow)};
  const auto reply = Await(redis::CallFunction(world_.store().ClientOf(shop_), former));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ((*reply)[0].str(), "2");
  EXPECT_EQ((*reply)[5].str(), "2");
  EXPECT_EQ(Get("names", "f"), "2");
  EXPECT_TRUE(Update({"request-2", "h"}, Never())->replayed);
  EXPECT_EQ(Update({}, Append('c'))->state, "abc");
  ASSERT_TRUE(Update({}, WithEvents(1)).ok());
  EXPECT_EQ(Get("meta", "outbox"), "3");
}

}  // namespace
}  // namespace kefu::contract
