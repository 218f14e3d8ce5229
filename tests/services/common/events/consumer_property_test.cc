// Random publishers and consumers under fire: notices are lost and doubled, publishers restart and
// lose their tails, consumers die wherever they stand, and everybody believes to hold every lease.
// Every event that is left in a log has had its effect exactly once, in the log's order.
//
//   KEFU_CONSUMER_SEED=7 KEFU_CONSUMER_ROUNDS=50 build/dev/bin/common_consumer_property_test
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "services/common/base/status.h"
#include "tests/services/common/events/support/consuming.h"
#include "tests/support/await.h"

namespace kefu::events {
namespace {

using test::Await;
using test::Eventually;
using test::kMade;

int Number(const char* name, int usual) {
  const char* const value = std::getenv(name);
  return value == nullptr ? usual : std::atoi(value);
}

// Leases that save nothing: everybody gets every one.
class Overlapping final : public redis::CursorStore {
 public:
  explicit Overlapping(redis::CursorStore& store) : store_(store) {}
  Task<absl::StatusOr<redis::Cursor>> Get(ShopId shop, std::string source) override {
    return store_.Get(std::move(shop), std::move(source));
  }
  Task<absl::StatusOr<std::map<std::string, redis::Cursor>>> List(ShopId shop) override {
    return store_.List(std::move(shop));
  }
  Task<absl::Status> Advance(ShopId shop, std::string source, redis::Cursor expected,
                             redis::Cursor next) override {
    return store_.Advance(std::move(shop), std::move(source), expected, next);
  }
  Task<absl::Status> Bury(ShopId shop, redis::DeadLetter letter, redis::Cursor expected,
                          redis::Cursor next) override {
    return store_.Bury(std::move(shop), std::move(letter), expected, next);
  }
  Task<absl::StatusOr<std::vector<redis::DeadLetter>>> ListDead(ShopId shop,
                                                                redis::DeadQuery query) override {
    return store_.ListDead(std::move(shop), std::move(query));
  }
  Task<absl::StatusOr<std::map<std::string, size_t>>> CountDead(ShopId shop) override {
    return store_.CountDead(std::move(shop));
  }
  Task<absl::StatusOr<redis::DeadLetter>> FindDead(ShopId shop, std::string source,
                                                   std::string event) override {
    return store_.FindDead(std::move(shop), std::move(source), std::move(event));
  }
  Task<absl::Status> UpdateDead(ShopId shop, redis::DeadLetter letter) override {
    return store_.UpdateDead(std::move(shop), std::move(letter));
  }
  Task<absl::Status> DropDead(ShopId shop, std::string source, std::string event) override {
    return store_.DropDead(std::move(shop), std::move(source), std::move(event));
  }
  Task<absl::StatusOr<bool>> Lease(uint32_t, std::string, int64_t) override { co_return true; }

 private:
  redis::CursorStore& store_;
};

class World {
 public:
  explicit World(uint32_t seed) : random_(seed) {
    for (size_t i = 0; i < processes_.size(); ++i) Spawn(i);
  }
  ~World() { processes_ = {}; }

  void Run(int steps) {
    for (int step = 0; step < steps; ++step) {
      const int dice = Pick(100);
      const ShopId& shop = shops_[Pick(static_cast<int>(shops_.size()))];
      if (dice < 92) {
        Publish(shop);
      } else if (dice < 95) {
        const size_t process = static_cast<size_t>(Pick(2));
        processes_[process]->Kill();
        Spawn(process);
      } else if (dice < 97) {
        orders_.RestartServer();
      } else if (dice < 98) {
        LoseSeenTail(shop);
      } else {
        LoseTailAndRestore(shop);
      }
    }
  }

  void ExpectEveryEffectOnce() {
    for (const ShopId& shop : shops_) {
      ASSERT_TRUE(Eventually([&] {
        return *Await(cursors_.Get(shop, "orders")) == orders_.log.head(shop);
      })) << shop.str();
    }
    const std::map<std::string, int> counts = effects_.Counts();
    for (const auto& [id, count] : counts) EXPECT_EQ(count, 1) << id;
    for (const ShopId& shop : shops_) {
      std::set<std::string> left;
      std::vector<std::string> in_log;
      for (const auto& envelope : orders_.log.events(shop)) {
        in_log.push_back(envelope.id());
        left.insert(envelope.id());
      }
      std::vector<std::string> in_order;
      for (const std::string& id : effects_.Ids()) {
        if (left.contains(id)) in_order.push_back(id);
      }
      EXPECT_EQ(in_order, in_log) << shop.str();
    }
  }

  size_t effects() const { return effects_.size(); }

 private:
  int Pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

  void Spawn(size_t index) {
    auto process = std::make_unique<test::Consuming>(overlapping_, Publishers());
    process->On("orders", kMade, [this](Delivery delivery) { return Handle(std::move(delivery)); });
    process->Start();
    processes_[index] = std::move(process);
  }
  std::vector<test::Publishing*> Publishers() { return {&orders_}; }

  // Sometimes late, sometimes in vain, sometimes with effect and without an answer.
  Task<absl::StatusOr<Effect>> Handle(Delivery delivery) {
    const uint32_t dice = dice_.fetch_add(0x9E3779B9u) >> 24;
    if (dice % 32 < 4) co_await SleepMs(1);
    if (dice % 32 == 5) co_return absl::UnavailableError("not now");
    absl::StatusOr<Effect> effect = co_await test::Commit(cursors_, effects_, std::move(delivery));
    if (dice % 32 == 6) co_await SleepMs(1);
    if (effect.ok() && dice % 32 == 7) {
      co_return Error(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN", "The answer was lost.");
    }
    co_return effect;
  }

  void Publish(const ShopId& shop) {
    const auto envelope = orders_.log.Append(shop, kMade);
    const int dice = Pick(10);
    if (dice < 6) orders_.Tell(envelope);
    if (dice == 0) orders_.Tell(envelope);
    if (dice == 6) std::this_thread::yield();
  }

  // The store forgets what consumers have seen; the first to notice has the epoch raised, before
  // which the log must not grow again.
  void LoseSeenTail(const ShopId& shop) {
    const redis::Cursor head = orders_.log.head(shop);
    if (head.seq < 2) return;
    ASSERT_TRUE(
        Eventually([&] { return *Await(cursors_.Get(shop, "orders")) == orders_.log.head(shop); }));
    const uint64_t lost =
        1 + static_cast<uint64_t>(Pick(static_cast<int>(std::min<uint64_t>(head.seq - 1, 5))));
    orders_.log.LoseTail(shop, head.seq - lost);
    ASSERT_TRUE(Eventually([&] { return orders_.log.head(shop).store_epoch > head.store_epoch; }));
  }

  // Restored from a backup by an operator, who raises the epoch; the log grows on at once.
  void LoseTailAndRestore(const ShopId& shop) {
    const redis::Cursor head = orders_.log.head(shop);
    if (head.seq < 2) return;
    const uint64_t lost =
        1 + static_cast<uint64_t>(Pick(static_cast<int>(std::min<uint64_t>(head.seq - 1, 5))));
    orders_.log.Restore(shop, head.seq - lost);
    for (int i = 0; i < Pick(10); ++i) Publish(shop);
  }

  std::mt19937 random_;
  std::atomic<uint32_t> dice_{12345};
  const std::vector<ShopId> shops_ = {*ShopId::Parse("tea"), *ShopId::Parse("coffee"),
                                      *ShopId::Parse("cocoa")};
  const SystemClock clock_;
  test::MemoryCursors cursors_{clock_};
  Overlapping overlapping_{cursors_};
  test::Effects effects_;
  test::Publishing orders_{"orders"};
  std::array<std::unique_ptr<test::Consuming>, 2> processes_;
};

TEST(ConsumerPropertyTest, WhateverHappensEveryEventHasItsEffectOnce) {
  const int seed = Number("KEFU_CONSUMER_SEED", 1);
  const int rounds = Number("KEFU_CONSUMER_ROUNDS", 6);
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed + round));
    World world(static_cast<uint32_t>(seed + round));
    world.Run(400);
    world.ExpectEveryEffectOnce();
    EXPECT_GT(world.effects(), 200u);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace kefu::events
