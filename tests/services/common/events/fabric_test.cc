// Both ends of the event fabric on real stores: what one service commits has its effect in another
// exactly once, through gRPC, cursors and functions as they are in production.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "services/common/events/consumer.h"
#include "services/common/events/event_log_service.h"
#include "services/common/events/outbox.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/cursors.h"
#include "services/common/server/io_threads.h"
#include "tests/support/await.h"
#include "tests/support/eventually.h"
#include "tests/support/redis_server.h"

namespace kefu::events {
namespace {

using redis::Change;
using redis::IndexChange;
using test::Await;
using test::Eventually;

constexpr char kMade[] = "com.kefu.thing.made.v1";

// A service that commits, and serves its log. The libraries of existing services do: nothing of
// theirs is called.
class Publishing {
 public:
  Publishing() {
    server_.LoadFunctions("gateway");
    service_ = NewEventLogService(io_, {outbox.get()});
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    grpc_ = builder.BuildAndStart();
  }
  ~Publishing() { grpc_->Shutdown(); }

  void Put(const ShopId& shop, const std::string& id) {
    const auto committed =
        Await(store.Update({shop, "thing", id}, {}, [&id](const redis::Snapshot&) {
          return absl::StatusOr<Change>(
              Change{.state = id,
                     .indexes = {{IndexChange::Kind::kSortedAdd, "things", id, "0"}},
                     .events = {{kMade, id, id}}});
        }));
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  redis::Value Command(const ShopId& shop, redis::Command command) {
    return Await(shards->Of(shop).Call(std::move(command))).value();
  }
  // As if the last events had never been written: the store forgets them and knows nothing of it.
  void LoseTail(const ShopId& shop, uint64_t head, uint64_t kept) {
    for (uint64_t seq = kept + 1; seq <= head; ++seq)
      Command(shop, {"XDEL", store.Key(shop, "outbox"), std::to_string(seq) + "-0"});
    Command(shop, {"XSETID", store.Key(shop, "outbox"), std::to_string(kept) + "-0"});
    Command(shop, {"HSET", store.Key(shop, "meta"), "outbox", std::to_string(kept)});
  }
  std::shared_ptr<grpc::Channel> Channel() { return grpc_->InProcessChannel({}); }

 private:
  test::RedisServer server_;

 public:
  const std::unique_ptr<redis::ShardMap> shards =
      redis::ShardMap::Single({server_.address(), "", ""});
  redis::AggregateStore store{*shards, "gateway"};
  const std::unique_ptr<Outbox> outbox =
      NewAggregateOutbox(*shards, store, "gateway", "things", {{"thing", "things", Show}});

 private:
  static absl::StatusOr<std::vector<redis::NewEvent>> Show(const std::string& id,
                                                           const redis::Snapshot& snapshot) {
    return std::vector<redis::NewEvent>{{kMade, id, snapshot.state}};
  }

  server::IoThreads io_{2};
  std::unique_ptr<v1::EventLogService::CallbackService> service_;
  std::unique_ptr<grpc::Server> grpc_;
};

// One process of a service that takes the events: it writes the ids of what it saw into one
// aggregate a shop.
class Consuming {
 public:
  Consuming(const std::string& address, Publishing& publishing)
      : shards_(redis::ShardMap::Single({address, "", ""})),
        store_(*shards_, "inquiries"),
        cursors_(redis::NewRedisCursors(*shards_, "inquiries")),
        consumer_({.service = "inquiries",
                   .cursors = *cursors_,
                   .sources = {{"things", {publishing.Channel()}}},
                   .compare_heads_ms = 20},
                  metrics_) {
    consumer_.On("things", kMade, [this](Delivery delivery) { return Take(std::move(delivery)); });
    consumer_.Start(io_.Next());
  }
  ~Consuming() { consumer_.Stop(); }

  redis::Cursor At(const ShopId& shop) { return Await(cursors_->Get(shop, "things")).value(); }
  // How often each event had its effect.
  std::map<std::string, int> Seen(const ShopId& shop) {
    std::map<std::string, int> seen;
    std::istringstream ids(Await(store_.Load({shop, "seen", "all"}))->state);
    for (std::string id; std::getline(ids, id, ' ');) ++seen[id];
    return seen;
  }

 private:
  Task<absl::StatusOr<Effect>> Take(Delivery delivery) {
    const redis::AggregateId id{delivery.shop, "seen", "all"};
    const std::string made = delivery.envelope.data();
    redis::Request request;
    // Out of a snapshot the event's id alone keeps the effect single, else the cursor alone.
    if (delivery.from_snapshot) request = delivery.request();
    redis::AggregateStore::Decide decide = [made](const redis::Snapshot& now) {
      return absl::StatusOr<Change>(Change{.state = now.state + made + " "});
    };
    std::optional<redis::CursorMove> move = delivery.move;
    const bool moves = move.has_value();
    const absl::StatusOr<redis::Committed> committed =
        co_await store_.Update(id, std::move(request), std::move(decide), std::move(move));
    if (!committed.ok()) co_return committed.status();
    co_return moves ? Effect::kCommitted : Effect::kNone;
  }

  metrics::Metrics metrics_;
  server::IoThreads io_{1};
  const std::unique_ptr<redis::ShardMap> shards_;
  redis::AggregateStore store_;
  const std::unique_ptr<redis::CursorStore> cursors_;
  Consumer consumer_;
};

class FabricTest : public testing::Test {
 protected:
  FabricTest() { there_.LoadFunctions("inquiries"); }

  static void ExpectEachOnce(const std::map<std::string, int>& seen, size_t count) {
    EXPECT_EQ(seen.size(), count);
    for (const auto& [id, times] : seen) EXPECT_EQ(times, 1) << id;
  }

  Publishing things_;
  test::RedisServer there_;
  const ShopId shop_ = *ShopId::Parse("demo");
};

TEST_F(FabricTest, WhatIsCommittedHasItsEffectElsewhereOnceWithTwoProcesses) {
  Consuming one(there_.address(), things_), two(there_.address(), things_);
  std::vector<ShopId> shops;
  for (const char* name : {"coffee", "demo", "tea"}) shops.push_back(*ShopId::Parse(name));
  constexpr int kEach = 60;
  for (int i = 0; i < kEach; ++i) {
    for (const ShopId& shop : shops) things_.Put(shop, "t" + std::to_string(i));
  }
  for (const ShopId& shop : shops) {
    ASSERT_TRUE(Eventually([&] { return one.At(shop) == redis::Cursor{1, kEach}; }));
    ExpectEachOnce(one.Seen(shop), kEach);
  }
}

TEST_F(FabricTest, AConsumerWhosePositionIsGoneTakesEverythingFromASnapshot) {
  for (int i = 0; i < 30; ++i) things_.Put(shop_, "t" + std::to_string(i));
  things_.Command(shop_, {"XTRIM", things_.store.Key(shop_, "outbox"), "MINID", "=", "20-0"});
  Consuming process(there_.address(), things_);
  ASSERT_TRUE(Eventually([&] { return process.At(shop_) == redis::Cursor{1, 30}; }));
  ExpectEachOnce(process.Seen(shop_), 30);
  things_.Put(shop_, "after");
  ASSERT_TRUE(Eventually([&] { return process.At(shop_) == redis::Cursor{1, 31}; }));
  ExpectEachOnce(process.Seen(shop_), 31);
}

TEST_F(FabricTest, APublisherThatLostItsTailIsFollowedIntoANewEpoch) {
  Consuming process(there_.address(), things_);
  for (int i = 0; i < 10; ++i) things_.Put(shop_, "t" + std::to_string(i));
  ASSERT_TRUE(Eventually([&] { return process.At(shop_) == redis::Cursor{1, 10}; }));
  things_.LoseTail(shop_, 10, 7);
  ASSERT_TRUE(Eventually([&] { return process.At(shop_) == redis::Cursor{2, 7}; }));
  for (int i = 10; i < 14; ++i) things_.Put(shop_, "t" + std::to_string(i));
  ASSERT_TRUE(Eventually([&] { return process.At(shop_) == redis::Cursor{2, 11}; }));
  ExpectEachOnce(process.Seen(shop_), 14);
}

TEST_F(FabricTest, WhatConsumersReportLetsTheLogBeTrimmed) {
  Consuming process(there_.address(), things_);
  for (int i = 0; i < 10; ++i) things_.Put(shop_, "t" + std::to_string(i));
  const std::string consumers = things_.store.Key(shop_, "consumers");
  ASSERT_TRUE(Eventually([&] {
    const redis::Value reported = things_.Command(shop_, {"HGET", consumers, "inquiries"});
    return reported.str().substr(0, 5) == "1:10:";
  }));
}

}  // namespace
}  // namespace kefu::events
