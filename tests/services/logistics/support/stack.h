// The storage of logistics on aggregates of whatever kind, with a clock set by hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "services/logistics/storage/push_store.h"
#include "services/logistics/storage/shipment_store.h"
#include "tests/services/logistics/support/events.h"
#include "tests/support/aggregate_world.h"
#include "tests/support/await.h"

namespace kefu::logistics::test {

using kefu::test::Await;

// What one process has; several in one world are several replicas.
struct Process {
  explicit Process(redis::Aggregates& replica)
      : store(replica), shipments(store, Committing()), pushes(store, Committing()) {}

  storage::Commit Committing() {
    return [this](redis::AggregateId id, redis::Request request, redis::Aggregates::Decide decide,
                  std::optional<redis::CursorMove> move) {
      return store.Update(std::move(id), std::move(request), std::move(decide), std::move(move));
    };
  }

  redis::Aggregates& store;
  storage::ShipmentStore shipments;
  storage::PushStore pushes;
};

class Stack {
 protected:
  explicit Stack(std::unique_ptr<kefu::test::AggregateWorld> world) : world_(std::move(world)) {
    clock_.Set(kDay);
  }

  std::unique_ptr<Process> NewProcess() { return std::make_unique<Process>(world_->NewReplica()); }
  redis::Cursor Cursor() { return Await(world_->cursors().Get(shop_, "orders")).value(); }

  const std::unique_ptr<kefu::test::AggregateWorld> world_;
  ManualClock& clock_ = world_->clock();
  const ShopId shop_ = *ShopId::Parse("demo");
};

// On a private Redis.
class StackTest : public testing::Test, protected Stack {
 protected:
  StackTest() : Stack(std::make_unique<kefu::test::RedisAggregateWorld>("logistics")) {}

  redis::ShardMap& shards() {
    return static_cast<kefu::test::RedisAggregateWorld&>(*world_).shards();
  }
};

}  // namespace kefu::logistics::test
