// The storage of after_sales on aggregates of whatever kind, with a clock set by hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "services/after_sales/storage/case_list.h"
#include "services/after_sales/storage/case_store.h"
#include "services/common/seal/owner_keys.h"
#include "tests/services/after_sales/support/cases.h"
#include "tests/support/aggregate_world.h"
#include "tests/support/await.h"

namespace kefu::after_sales::test {

using kefu::test::Await;

// What one process has; several in one world are several replicas.
struct Process {
  explicit Process(redis::Aggregates& replica)
      : store(replica),
        keys(store, *seal::MasterKeys::Parse("k1 " + std::string(64, 'a'))),
        cases(
            store, keys,
            [this](redis::AggregateId id, redis::Request request,
                   redis::Aggregates::Decide decide) {
              return store.Update(std::move(id), std::move(request), std::move(decide));
            },
            {}, metrics),
        list(store, keys) {}

  metrics::Metrics metrics;
  redis::Aggregates& store;
  seal::OwnerKeys keys;
  storage::CaseStore cases;
  storage::CaseList list;
};

// One process, and one order.
class Stack {
 protected:
  explicit Stack(std::unique_ptr<kefu::test::AggregateWorld> world) : world_(std::move(world)) {
    clock_.Set(kNow);
  }

  std::unique_ptr<Process> NewProcess() { return std::make_unique<Process>(world_->NewReplica()); }
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

  const std::unique_ptr<kefu::test::AggregateWorld> world_;
  ManualClock& clock_ = world_->clock();
  const std::unique_ptr<Process> process_ = NewProcess();
  const ShopId shop_ = *ShopId::Parse("demo");
  const OrderId order_ = OrderIdOf("test", "N-1");
  int requests_ = 10'000'000;
};

// The same on both kinds of aggregates.
class StackContract : public testing::TestWithParam<kefu::test::AggregateSubject>, protected Stack {
 protected:
  StackContract() : Stack(GetParam().make("after_sales")) {}
};

}  // namespace kefu::after_sales::test
