// A store in two cells, one of which goes away: shops of the other are told of as before.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <fstream>

#include "services/common/events/event_log_service.h"
#include "services/common/events/outbox.h"
#include "services/common/redis/aggregate_store.h"
#include "tests/services/common/events/support/consuming.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::test {
namespace {

using ::testing::ElementsAre;

class CellsTest : public testing::Test {
 protected:
  CellsTest() {
    for (RedisServer* cell : {&one_, &two_}) cell->LoadFunctions("gateway");
    const std::string path = one_.folder() + "/shards.yaml";
    std::ofstream(path) << "default: one\ncells:\n  one: {gateway: \"" << one_.address()
                        << "\"}\n  two: {gateway: \"" << two_.address()
                        << "\"}\nshops:\n  far: two\n";
    shards_ = *redis::ShardMap::Load(path, "gateway", {});
    store_ = std::make_unique<redis::AggregateStore>(*shards_, "gateway");
    outbox_ = events::NewAggregateOutbox(*shards_, *store_, "gateway", "things", {});
    for (const ShopId& shop : {near_, far_}) Put(shop);
  }

  void Put(const ShopId& shop) {
    const auto committed =
        Await(store_->Update({shop, "thing", "t"}, {}, [](const redis::Snapshot&) {
          redis::Change change;
          change.state = "s";
          change.events = {{kMade, "t", "t"}};
          return absl::StatusOr<redis::Change>(std::move(change));
        }));
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  static server::CallScope Scope() {
    server::CallScope scope;
    scope.deadline_ms = MonotonicMs() + 3000;
    return scope;
  }
  absl::StatusOr<std::vector<std::string>> Heads() {
    const auto listed = Await(outbox_->ListHeads(Scope(), {}));
    if (!listed.ok()) return listed.status();
    std::vector<std::string> heads;
    for (const auto& head : listed->heads())
      heads.push_back(head.shop() + "@" + std::to_string(head.head_seq()));
    return heads;
  }

  const ShopId near_ = *ShopId::Parse("near"), far_ = *ShopId::Parse("far");
  RedisServer one_, two_;
  std::unique_ptr<redis::ShardMap> shards_;
  std::unique_ptr<redis::AggregateStore> store_;
  std::unique_ptr<events::Outbox> outbox_;
};

TEST_F(CellsTest, HeadsOfACellThatIsAwayAreLeftOutAndThoseOfOthersTold) {
  EXPECT_THAT(Heads().value(), ElementsAre("far@1", "near@1"));
  two_.Kill();
  EXPECT_THAT(Heads().value(), ElementsAre("near@1"));
  two_.Start();
  EXPECT_TRUE(Eventually([&] { return Heads().value().size() == 2; }));
}

TEST_F(CellsTest, AConsumerGoesOnWithTheOthersAndSaysThatItMissesSome) {
  server::IoThreads io(2);
  const auto service = events::NewEventLogService(io, {outbox_.get()});
  grpc::ServerBuilder builder;
  builder.RegisterService(service.get());
  const auto server = builder.BuildAndStart();
  const SystemClock clock;
  MemoryCursors cursors(clock);
  metrics::Metrics metrics;
  events::Consumer consumer({.service = "takers",
                             .cursors = cursors,
                             .sources = {{"things", {server->InProcessChannel({})}}},
                             .compare_heads_ms = 20},
                            metrics);
  std::atomic<int> near_taken = 0;
  consumer.On("things", kMade,
              [&](events::Delivery delivery) -> Task<absl::StatusOr<events::Effect>> {
                if (delivery.shop == near_) ++near_taken;
                co_return events::Effect::kNone;
              });
  const auto missed = [&](int count) {
    return metrics.Render().find(
               "kefu_consumer_unseen_shops{consumer=\"takers\",source=\"things\"} " +
               std::to_string(count)) != std::string::npos;
  };
  consumer.Start(io.Next());
  EXPECT_TRUE(Eventually([&] { return Await(consumer.UpToDate(far_, "things")); }));
  two_.Kill();
  Put(near_);
  EXPECT_TRUE(Eventually([&] { return near_taken == 2; }));
  EXPECT_TRUE(Eventually([&] { return missed(1); }));
  EXPECT_TRUE(Eventually([&] { return Await(consumer.UpToDate(near_, "things")); }));
  two_.Start();
  EXPECT_TRUE(Eventually([&] { return missed(0); }));
  consumer.Stop();
  server->Shutdown();
}

}  // namespace
}  // namespace kefu::test
