#include "services/common/redis/aggregate_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "services/common/redis/function.h"
#include "tests/contract/aggregate_indexes_contract.h"
#include "tests/contract/aggregate_moves_contract.h"
#include "tests/contract/aggregate_store_contract.h"
#include "tests/support/aggregate_world.h"
#include "tests/support/await.h"

namespace kefu::contract {
namespace {

using test::Await;

constexpr int64_t kNow = test::AggregateWorld::kNow.ms;

const auto kBoth = testing::ValuesIn(test::BothAggregates());
INSTANTIATE_TEST_SUITE_P(Aggregates, AggregateStoreContract, kBoth, test::NameOf);
INSTANTIATE_TEST_SUITE_P(Aggregates, AggregateIndexesContract, kBoth, test::NameOf);
INSTANTIATE_TEST_SUITE_P(Aggregates, AggregateMovesContract, kBoth, test::NameOf);

// What stands in Redis is read by other releases, and by people.
class StoredAggregateTest : public testing::Test {
 protected:
  redis::Value Command(redis::Command command) { return world_.Command(shop_, std::move(command)); }
  std::string Key(std::string_view name) { return world_.store().Key(shop_, name); }
  std::string Get(std::string_view hash, const std::string& field) {
    return Command({"HGET", Key(hash), field}).str();
  }
  auto Update(redis::Request request, redis::Aggregates::Decide decide) {
    return Await(world_.store().Update({shop_, "thing", "t1"}, std::move(request), decide));
  }
  static redis::Aggregates::Decide WithEvents(size_t count) {
    return Write(
        {.state = "s", .events = std::vector<redis::NewEvent>(count, {"type", "subject", "data"})});
  }

  test::RedisAggregateWorld world_{"gateway"};
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
