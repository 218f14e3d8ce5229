// The storage of after_sales on a private Redis, with a clock set by hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "services/after_sales/storage/case_list.h"
#include "services/after_sales/storage/case_store.h"
#include "services/common/seal/owner_keys.h"
#include "services/common/timers/due_queue.h"
#include "tests/services/after_sales/support/cases.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::after_sales::test {

using kefu::test::Await;

// What one process has; several on one Redis are several replicas.
struct Process {
  Process(const std::string& address, const Clock& clock)
      : shards(redis::ShardMap::Single({address, "", ""})),
        store(*shards, "after_sales", &clock),
        timers(*shards, "after_sales", &clock),
        keys(store, *seal::MasterKeys::Parse("k1 " + std::string(64, 'a'))),
        cases(
            store, keys,
            [this](redis::AggregateId id, redis::Request request,
                   redis::AggregateStore::Decide decide) {
              return Commit(std::move(id), std::move(request), std::move(decide));
            },
            {}, metrics),
        list(store, keys) {}

  Task<absl::StatusOr<redis::Committed>> Commit(redis::AggregateId id, redis::Request request,
                                                redis::AggregateStore::Decide decide) {
    KEFU_CO_ASSIGN_OR_RETURN(
        redis::Committed committed,
        co_await store.Update(std::move(id), std::move(request), std::move(decide)));
    const std::lock_guard lock(mutex);
    for (const events::v1::Envelope& envelope : committed.events) told.push_back(envelope);
    co_return committed;
  }

  metrics::Metrics metrics;
  std::unique_ptr<redis::ShardMap> shards;
  redis::AggregateStore store;
  timers::DueQueue timers;
  seal::OwnerKeys keys;
  storage::CaseStore cases;
  storage::CaseList list;
  std::mutex mutex;
  // Events as they were committed.
  std::vector<events::v1::Envelope> told;
};

class StackTest : public testing::Test {
 protected:
  StackTest() { redis_.LoadFunctions("after_sales"); }

  std::unique_ptr<Process> NewProcess() {
    return std::make_unique<Process>(redis_.address(), clock_);
  }
  // A new request each time.
  redis::Request Request() { return {"request-" + std::to_string(++requests_), "hash", ""}; }

  absl::StatusOr<v1::Case> Open(const domain::Open& open, const OrderId& order) {
    return Await(
        process_->cases.Open(shop_, order, Request(), open, By(domain::Role::kBuyer), "too small"));
  }
  absl::StatusOr<v1::Case> Open(domain::Kind kind = domain::Kind::kReturnRefund) {
    return Open(Opening(kind), order_);
  }
  absl::StatusOr<v1::Case> Do(domain::Action action, uint32_t ordinal = 1) {
    return Await(process_->cases.Do(shop_, Request(), CommandOf(std::move(action), ordinal)));
  }
  domain::Command CommandOf(domain::Action action, uint32_t ordinal = 1) const {
    return {.target = CaseId(order_, ordinal),
            .actor = By(domain::Role::kSupervisor),
            .note = "because",
            .action = std::move(action)};
  }
  v1::Case Get(uint32_t ordinal = 1) {
    auto one =
        Await(process_->cases.Get(shop_, CaseId(order_, ordinal), By(domain::Role::kSupervisor)));
    EXPECT_TRUE(one.ok()) << one.status();
    return one.ok() ? *one : v1::Case();
  }

  kefu::test::RedisServer redis_;
  ManualClock clock_{kNow};
  std::unique_ptr<Process> process_ = NewProcess();
  const ShopId shop_ = *ShopId::Parse("demo");
  const OrderId order_ = OrderIdOf("test", "N-1");
  int requests_ = 10'000'000;
};

}  // namespace kefu::after_sales::test
