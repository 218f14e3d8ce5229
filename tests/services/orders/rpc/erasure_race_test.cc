// Buyers are erased while several processes take in their orders. At rest every contact that is
// left opens under the key in force, and nothing shows of those that do not.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "proto/kefu/inquiries/v1/events.pb.h"
#include "services/common/base/status.h"
#include "services/common/metrics/metrics.h"
#include "services/orders/rpc/event_handlers.h"
#include "services/orders/rpc/upserts.h"
#include "tests/services/orders/storage/stack.h"

namespace kefu::orders::rpc {
namespace {

using kefu::test::Await;
using seal::OwnerKeys;

constexpr int kWriters = 3;
constexpr int kRounds = 60;
constexpr int kErasures = 25;

class ErasureRaceTest : public storage::test::StackTest {
 protected:
  v1::OrderInput Input(int order, int64_t version) const {
    v1::OrderInput input;
    input.set_source("native");
    input.set_number("N" + std::to_string(order));
    input.set_source_version(version);
    input.set_buyer(buyer_);
    input.mutable_create_time()->set_seconds(1'600'000'000);
    input.set_currency("CNY");
    input.add_lines()->set_line("1");
    input.mutable_lines(0)->set_quantity(1);
    input.mutable_lines(0)->set_unit_price("1");
    input.mutable_contact()->set_phone("13812345678");
    return input;
  }
  // A process that takes in ever newer versions of a few orders.
  void Write(int writer) {
    const auto process = NewProcess();
    metrics::Metrics metrics;
    Upserts upserts(process->orders, process->keys, statuses_, metrics);
    for (int round = 1; round <= kRounds; ++round) {
      std::vector<v1::OrderInput> orders;
      for (int order = 0; order < 3; ++order)
        orders.push_back(Input(order, round * kWriters + writer));
      const auto results = Await(upserts.UpsertAll(shop_, std::move(orders), ""));
      // Raced for too often, or erased again and again: the program would send it once more.
      EXPECT_TRUE(results.ok() || absl::IsAborted(results.status())) << results.status();
    }
    --writing_;
  }
  void Erase() {
    const auto process = NewProcess();
    EventHandlers handlers(process->orders, process->keys);
    inquiries::v1::BuyerErased erased;
    erased.set_buyer(buyer_);
    for (int i = 0; i < kErasures || writing_ > 0; ++i) {
      events::Delivery delivery{.shop = shop_};
      delivery.envelope.set_id("erasure-" + std::to_string(i));
      delivery.envelope.set_data(erased.SerializeAsString());
      const auto effect = Await(handlers.OnBuyerErased(delivery));
      EXPECT_TRUE(effect.ok() || absl::IsAborted(effect.status())) << effect.status();
    }
  }
  // How many contacts do not open under the key in force.
  int Broken(storage::test::Process& process) {
    const auto key = Await(process.keys.Find(shop_, buyer_));
    int broken = 0;
    for (const storage::Stored& stored : List(process, {.buyer = buyer_}).orders) {
      if (!stored.order.contact) continue;
      broken += *key == nullptr ||
                !seal::Unseal((*key)->secret, stored.order.contact->sealed, stored.id.str()).ok();
    }
    return broken;
  }

  const domain::StatusTables statuses_{{}};
  const std::string buyer_ = BuyerId::New().str();
  std::atomic<int> writing_{kWriters};
};

TEST_F(ErasureRaceTest, NothingIsEverLeftUnderAnErasedKey) {
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer)
    threads.emplace_back([this, writer] { Write(writer); });
  threads.emplace_back([this] { Erase(); });
  for (std::thread& thread : threads) thread.join();

  const auto process = NewProcess();
  EXPECT_EQ(Broken(*process), 0);
  for (const storage::Stored& stored : List(*process, {.phone_tail = "5678"}).orders)
    EXPECT_TRUE(stored.order.contact.has_value());
  // One more erasure, with nobody writing, leaves nothing.
  writing_ = 0;
  Erase();
  EXPECT_EQ(List(*process, {.phone_tail = "5678"}).orders.size(), 0u);
  for (const storage::Stored& stored : List(*process, {.buyer = buyer_}).orders)
    EXPECT_FALSE(stored.order.contact.has_value());
}

TEST_F(ErasureRaceTest, WithoutTheGuardItWouldBe) {
  // The control: a process that commits under the key in its memory, asking nobody.
  const auto writer = NewProcess(), eraser = NewProcess();
  const auto key = Await(writer->keys.Ensure(shop_, buyer_));
  ASSERT_TRUE(Await(eraser->keys.Erase(shop_, buyer_, {"erasure-0001", "hash", ""})).ok());
  domain::OrderInput input = domain::test::Input();
  input.buyer = buyer_;
  domain::Upsert upsert = domain::test::Version(1, {}, input);
  upsert.contact = domain::test::SealedUnder((*key)->id);
  ASSERT_TRUE(Put(*writer, upsert).ok());
  EXPECT_EQ(Broken(*writer), 1);
}

}  // namespace
}  // namespace kefu::orders::rpc
