// The storage of orders on aggregates of whatever kind, with a clock set by hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/seal/owner_keys.h"
#include "services/orders/storage/order_store.h"
#include "tests/services/orders/domain/samples.h"
#include "tests/support/aggregate_world.h"
#include "tests/support/await.h"

namespace kefu::orders::storage::test {

using kefu::test::Await;

// What one process has; several in one world are several replicas.
struct Process {
  Process(redis::Aggregates& replica, const std::string& master_keys)
      : store(replica),
        keys(store, *seal::MasterKeys::Parse(master_keys)),
        orders(store,
               [this](redis::AggregateId id, redis::Request request,
                      redis::Aggregates::Decide decide, std::optional<redis::CursorMove> move) {
                 return store.Update(std::move(id), std::move(request), std::move(decide),
                                     std::move(move));
               }) {}

  redis::Aggregates& store;
  seal::OwnerKeys keys;
  OrderStore orders;
};

class Stack {
 protected:
  explicit Stack(std::unique_ptr<kefu::test::AggregateWorld> world) : world_(std::move(world)) {
    clock_.Set(domain::test::kNow);
  }

  static std::string OldMaster() { return "k1 " + std::string(64, 'a') + "\n"; }
  static std::string NewMaster() { return "k2 " + std::string(64, 'b') + "\n"; }
  std::unique_ptr<Process> NewProcess(const std::string& master_keys = OldMaster()) {
    return std::make_unique<Process>(world_->NewReplica(), master_keys);
  }

  absl::StatusOr<OrderStore::Updated> Put(Process& process, domain::Upsert upsert,
                                          std::vector<redis::IndexChange> guards = {},
                                          std::string shop = "demo") {
    const OrderId id = OrderIdOf(upsert.source, upsert.number);
    return Await(process.orders.Update(
        *ShopId::Parse(shop), id, {},
        [upsert](const domain::Order& order, TimePoint now) { return Apply(order, upsert, now); },
        std::nullopt, std::move(guards)));
  }
  OrderStore::Page List(Process& process, Filter filter, std::string position = "",
                        size_t size = 100) {
    const auto page =
        Await(process.orders.List(shop_, std::move(filter), std::move(position), size));
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? *page : OrderStore::Page();
  }
  static std::vector<std::string> Numbers(const OrderStore::Page& page) {
    std::vector<std::string> numbers;
    for (const Stored& stored : page.orders) numbers.push_back(stored.order.number);
    return numbers;
  }

  const std::unique_ptr<kefu::test::AggregateWorld> world_;
  ManualClock& clock_ = world_->clock();
  const ShopId shop_ = *ShopId::Parse("demo");
};

// On a private Redis.
class StackTest : public testing::Test, protected Stack {
 protected:
  StackTest() : Stack(std::make_unique<kefu::test::RedisAggregateWorld>("orders")) {}
};

}  // namespace kefu::orders::storage::test
