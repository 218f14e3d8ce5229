// Two services of a toy kind on one Redis: "makers" makes things, "takers" does something about
// each.
#include "services/common/host/host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "services/common/base/status.h"
#include "tests/support/await.h"
#include "tests/support/eventually.h"
#include "tests/support/redis_server.h"

namespace kefu::host {
namespace {

using test::Await;
using test::Eventually;

constexpr char kMade[] = "com.kefu.thing.made.v1";

redis::AggregateStore::Decide Counting(std::vector<redis::NewEvent> events = {}) {
  return [events](const redis::Snapshot& now) -> absl::StatusOr<redis::Change> {
    redis::Change change;
    change.state = std::to_string((now.version == 0 ? 0 : std::stoi(now.state)) + 1);
    change.events = events;
    return change;
  };
}

class Makers final : public Host {
 public:
  Makers(const HostConfig& config, Stores stores, metrics::Metrics& metrics)
      : Host({.service = "makers", .config = config}, std::move(stores), metrics) {
    OnDue([this](ShopId, timers::DueItem item) -> Task<absl::Status> {
      ++served_;
      if (item.key == "broken") co_return absl::InternalError("broken");
      co_return absl::OkStatus();
    });
  }
  ~Makers() override { Stop(); }
  using Host::Every;

  absl::StatusOr<redis::Committed> Make(const ShopId& shop, const std::string& thing,
                                        const std::string& request) {
    redis::NewEvent made{.type = kMade, .subject = thing, .data = thing};
    redis::AggregateId id{shop, "thing", thing};
    return Await(Update(std::move(id), {.id = request}, Counting({made})));
  }
  int served() const { return served_; }

 private:
  std::atomic<int> served_{0};
};

class Takers final : public Host {
 public:
  Takers(const HostConfig& config, Peers peers, Stores stores, metrics::Metrics& metrics)
      : Host({.service = "takers", .config = config, .peers = std::move(peers)}, std::move(stores),
             metrics) {
    consumer().On("makers", kMade,
                  [this](events::Delivery delivery) { return Take(std::move(delivery)); });
  }
  ~Takers() override { Stop(); }

  // How often something was done about it.
  std::string Count(const ShopId& shop, const std::string& thing) {
    redis::AggregateId id{shop, "count", thing};
    return Await(store().Load(std::move(id)))->state;
  }

 private:
  Task<absl::StatusOr<events::Effect>> Take(events::Delivery delivery) {
    redis::AggregateId id{delivery.shop, "count", delivery.envelope.subject()};
    redis::Request request = delivery.request();
    const auto committed =
        co_await Update(std::move(id), std::move(request), Counting(), delivery.move);
    if (!committed.ok()) co_return committed.status();
    co_return events::Effect::kCommitted;
  }
};

class HostTest : public testing::Test {
 protected:
  HostTest() {
    redis_.LoadFunctions("makers", /*for_tests=*/false);
    redis_.LoadFunctions("takers", /*for_tests=*/false);
  }

  HostConfig Config() const {
    HostConfig config;
    config.redis.address = redis_.address();
    return config;
  }
  std::unique_ptr<Makers> NewMakers(const HostConfig& config) {
    auto made = std::make_unique<Makers>(config, *OpenStores("makers", config), metrics_);
    EXPECT_TRUE(made->Listen().ok());
    return made;
  }
  std::unique_ptr<Takers> NewTakers(const HostConfig& config, Peers peers = nullptr) {
    auto made =
        std::make_unique<Takers>(config, std::move(peers), *OpenStores("takers", config), metrics_);
    EXPECT_TRUE(made->Listen().ok());
    return made;
  }

  const ShopId shop_ = *ShopId::Parse("demo");
  test::RedisServer redis_;
  metrics::Metrics metrics_;
};

TEST_F(HostTest, WhatOneServiceCommitsTheOtherTakesOnce) {
  auto makers = NewMakers(Config());
  HostConfig config = Config();
  config.sources["makers"] = {makers->Addresses()["grpc"]};
  config.events_subscribe = {makers->Addresses()["events"]};
  auto takers = NewTakers(config);
  makers->Begin();
  takers->Begin();
  for (int i = 0; i < 50; ++i) {
    const auto made =
        makers->Make(shop_, "thing-" + std::to_string(i), "request-" + std::to_string(i));
    ASSERT_TRUE(made.ok()) << made.status();
    // A repeated request commits nothing.
    ASSERT_TRUE(makers->Make(shop_, "thing-" + std::to_string(i), "request-" + std::to_string(i))
                    ->replayed);
  }
  for (int i = 0; i < 50; ++i) {
    const std::string thing = "thing-" + std::to_string(i);
    ASSERT_TRUE(Eventually([&] { return takers->Count(shop_, thing) == "1"; })) << thing;
  }
}

TEST_F(HostTest, AConsumerThatComesLaterTakesWhatWasCommittedBefore) {
  auto makers = NewMakers(Config());
  makers->Begin();
  ASSERT_TRUE(makers->Make(shop_, "early", "request-1").ok());
  HostConfig config = Config();
  config.sources["makers"] = {makers->Addresses()["grpc"]};
  auto takers = NewTakers(config);
  takers->Begin();
  EXPECT_TRUE(Eventually([&] { return takers->Count(shop_, "early") == "1"; }));
}

TEST_F(HostTest, InOneProcessServicesReachEachOtherWithoutAddresses) {
  HostConfig config = Config();
  config.listen = "";
  auto makers = NewMakers(config);
  const Peers peers = [&](std::string_view service) -> std::vector<server::ChannelPtr> {
    EXPECT_EQ(service, "makers");
    return {makers->InProcessChannel()};
  };
  auto takers = NewTakers(config, peers);
  EXPECT_EQ(makers->Addresses().count("grpc"), 0u);
  makers->Begin();
  takers->Begin();
  ASSERT_TRUE(makers->Make(shop_, "near", "request-1").ok());
  EXPECT_TRUE(Eventually([&] { return takers->Count(shop_, "near") == "1"; }));
  takers->Stop();
}

TEST_F(HostTest, DueTimersAreServedAndThoseThatFailStay) {
  auto makers = NewMakers(Config());
  makers->Begin();
  ASSERT_TRUE(makers->Make(shop_, "thing", "request-1").ok());  // the shop is known now
  ASSERT_TRUE(Await(makers->timers().Set(shop_, "due", {1})).ok());
  ASSERT_TRUE(Await(makers->timers().Set(shop_, "broken", {1})).ok());
  ASSERT_TRUE(Eventually([&] { return makers->served() == 2; }));
  makers->Stop();
  auto shards = redis::ShardMap::Single({redis_.address(), "", ""});
  const auto left = Await(shards->Of(shop_).Call({"HKEYS", "kf:makers:{demo}:dueset"}));
  ASSERT_TRUE(left.ok()) << left.status();
  ASSERT_EQ(left->array().size(), 1u);
  EXPECT_EQ(left->array()[0].str(), "broken");
}

TEST_F(HostTest, ChoresOfOtherShopsAreDoneWhileOneTakesForever) {
  auto makers = NewMakers(Config());
  std::atomic<int> done = 0;
  std::atomic<bool> released = false;
  makers->Every([&](ShopId shop) -> Task<absl::Status> {
    const bool waits = shop == shop_;
    while (waits && !released) co_await SleepMs(10);
    if (!waits) ++done;
    co_return absl::OkStatus();
  });
  ASSERT_TRUE(makers->Make(shop_, "thing", "request-1").ok());
  for (const char* other : {"aaa", "zzz"})
    ASSERT_TRUE(makers->Make(*ShopId::Parse(other), "thing", "request-1").ok());
  makers->Begin();
  EXPECT_TRUE(Eventually([&] { return done == 2; }));
  released = true;
  makers->Stop();
}

TEST_F(HostTest, WithoutItsFunctionsItIsNotReady) {
  HostConfig config = Config();
  class Strangers final : public Host {
   public:
    Strangers(const HostConfig& config, Stores stores, metrics::Metrics& metrics)
        : Host({.service = "strangers", .config = config}, std::move(stores), metrics) {}
    ~Strangers() override { Stop(); }
  };
  Strangers strangers(config, *OpenStores("strangers", config), metrics_);
  ASSERT_TRUE(strangers.Listen().ok());
  strangers.Begin();
  ASSERT_TRUE(Eventually([&] { return strangers.NotReady() == "store functions not loaded"; }));
  redis_.LoadFunctions("strangers", /*for_tests=*/false);
  EXPECT_TRUE(Eventually([&] { return strangers.NotReady().empty(); }));
}

TEST_F(HostTest, ItsConfigurationNamesEverySource) {
  config::Reader reader(
      "listen: 127.0.0.1:1\nredis: {address: \"unix:/r\"}\n"
      "events: {bind: \"ipc:///e\", subscribe: [\"ipc:///a\", \"ipc:///b\"]}\n"
      "sources: {orders: [\"127.0.0.1:2\"]}\n");
  HostConfig config;
  ReadHostConfig(reader, {"orders", "logistics"}, &config);
  ASSERT_TRUE(reader.Finish().ok());
  EXPECT_EQ(config.listen, "127.0.0.1:1");
  EXPECT_EQ(config.redis.address, "unix:/r");
  EXPECT_EQ(config.events_bind, "ipc:///e");
  EXPECT_THAT(config.events_subscribe, testing::ElementsAre("ipc:///a", "ipc:///b"));
  EXPECT_THAT(config.sources,
              testing::ElementsAre(testing::Pair("orders", testing::ElementsAre("127.0.0.1:2"))));
}

}  // namespace
}  // namespace kefu::host
