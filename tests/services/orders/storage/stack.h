// The storage of orders on a private Redis, with a clock set by hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "services/common/redis/aggregate_store.h"
#include "services/common/seal/owner_keys.h"
#include "services/orders/storage/order_store.h"
#include "tests/services/orders/domain/samples.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::orders::storage::test {

using kefu::test::Await;

// What one process has; several on one Redis are several replicas.
struct Process {
  Process(const std::string& address, const Clock& clock, const std::string& master_keys)
      : shards(redis::ShardMap::Single({address, "", ""})),
        store(*shards, "orders", &clock),
        keys(store, *seal::MasterKeys::Parse(master_keys)),
        orders(store,
               [this](redis::AggregateId id, redis::Request request,
                      redis::AggregateStore::Decide decide, std::optional<redis::CursorMove> move) {
                 return store.Update(std::move(id), std::move(request), std::move(decide),
                                     std::move(move));
               }) {}

  std::unique_ptr<redis::ShardMap> shards;
  redis::AggregateStore store;
  seal::OwnerKeys keys;
  OrderStore orders;
};

class StackTest : public testing::Test {
 protected:
  StackTest() { redis_.LoadFunctions("orders"); }

  static std::string OldMaster() { return "k1 " + std::string(64, 'a') + "\n"; }
  static std::string NewMaster() { return "k2 " + std::string(64, 'b') + "\n"; }
  std::unique_ptr<Process> NewProcess(const std::string& master_keys = OldMaster()) {
    return std::make_unique<Process>(redis_.address(), clock_, master_keys);
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

  kefu::test::RedisServer redis_;
  ManualClock clock_{domain::test::kNow};
  const ShopId shop_ = *ShopId::Parse("demo");
};

}  // namespace kefu::orders::storage::test
