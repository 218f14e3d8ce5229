// The storage of logistics on a private Redis, with a clock set by hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/shard_map.h"
#include "services/common/timers/due_queue.h"
#include "services/logistics/storage/push_store.h"
#include "services/logistics/storage/shipment_store.h"
#include "tests/services/logistics/support/events.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::logistics::test {

using kefu::test::Await;

// What one process has; several on one Redis are several replicas.
struct Process {
  Process(const std::string& address, const Clock& clock)
      : shards(redis::ShardMap::Single({address, "", ""})),
        store(*shards, "logistics", &clock),
        timers(*shards, "logistics", &clock),
        shipments(store, Committing()),
        pushes(store, Committing()) {}

  storage::Commit Committing() {
    return [this](redis::AggregateId id, redis::Request request,
                  redis::AggregateStore::Decide decide, std::optional<redis::CursorMove> move) {
      return store.Update(std::move(id), std::move(request), std::move(decide), std::move(move));
    };
  }

  std::unique_ptr<redis::ShardMap> shards;
  redis::AggregateStore store;
  timers::DueQueue timers;
  storage::ShipmentStore shipments;
  storage::PushStore pushes;
};

class StackTest : public testing::Test {
 protected:
  StackTest() { redis_.LoadFunctions("logistics"); }

  std::unique_ptr<Process> NewProcess() {
    return std::make_unique<Process>(redis_.address(), clock_);
  }
  redis::Value Ask(Process& process, redis::Command command) {
    const auto reply = Await(process.store.ClientOf(shop_).Call(std::move(command)));
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *reply : redis::Value();
  }
  // Envelopes of the outbox, as they stand there.
  size_t Events(Process& process) {
    return static_cast<size_t>(Ask(process, {"XLEN", process.store.Key(shop_, "outbox")}).Int());
  }

  kefu::test::RedisServer redis_;
  ManualClock clock_{kDay};
  const ShopId shop_ = *ShopId::Parse("demo");
};

}  // namespace kefu::logistics::test
