// What a process around an aggregate store does by itself: watches whether the store is there with
// the functions it needs, picks up a new shard file, trims the outbox, serves due timers, and does
// the service's own chores, shop by shop.
//
// Threads: Start once; functions_ready from any thread; the rest on the executor. What it is given
// outlives it.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "services/common/base/task_group.h"
#include "services/common/events/outbox.h"
#include "services/common/host/shop_rounds.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/functions_check.h"
#include "services/common/redis/shard_map.h"
#include "services/common/timers/due_queue.h"

namespace kefu::host {

class Upkeep {
 public:
  using DueHandler = std::function<Task<absl::Status>(ShopId, timers::DueItem)>;
  using Chore = std::function<Task<absl::Status>(ShopId)>;

  Upkeep(const std::string& service, int64_t functions_version, redis::ShardMap& shards,
         redis::AggregateStore& store, events::Outbox& outbox, timers::DueQueue& timers);

  // Before Start.
  void OnDue(DueHandler handler) { due_ = std::move(handler); }
  void Every(Chore chore) { chores_.push_back(std::move(chore)); }
  void Start(Executor executor);
  // Waits for what is under way. The executor must be running.
  void Stop();
  // The functions are loaded, in a version this process can use.
  bool functions_ready() const { return functions_.ready(); }

 private:
  Task<> KeepWatching();
  Task<> KeepSweeping();
  Task<bool> SweepAll();
  Task<> Sweep(ShopId shop);
  Task<> Trim(ShopId shop);
  Task<> KeepServingTimers();
  Task<> ServeTimers(ShopId shop);

  redis::ShardMap& shards_;
  redis::AggregateStore& store_;
  events::Outbox& outbox_;
  timers::DueQueue& timers_;
  DueHandler due_;
  std::vector<Chore> chores_;
  redis::FunctionsCheck functions_;
  std::unique_ptr<TaskGroup> tasks_;
  std::unique_ptr<ShopRounds> sweeps_;
  std::unique_ptr<ShopRounds> timer_rounds_;
  // Of the last time that they could be listed.
  std::vector<ShopId> shops_;
};

}  // namespace kefu::host
