// What a process around an aggregate store does by itself: watches whether the store is there with
// the functions it needs, picks up a new shard file, trims the outbox, serves due timers, and does
// the service's own chores, shop by shop.
//
// Threads: Start once; functions_ready from any thread; the rest on the executor. What it is given
// outlives it.
#pragma once

#include <absl/status/statusor.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/common/base/task_group.h"
#include "services/common/events/outbox.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/shard_map.h"
#include "services/common/timers/due_queue.h"

namespace kefu::host {

class Upkeep {
 public:
  using DueHandler = std::function<Task<absl::Status>(ShopId, timers::DueItem)>;
  using Chore = std::function<Task<absl::Status>(ShopId)>;

  Upkeep(std::string service, int64_t functions_version, redis::ShardMap& shards,
         redis::AggregateStore& store, events::Outbox& outbox, timers::DueQueue& timers);

  // Before Start.
  void OnDue(DueHandler handler) { due_ = std::move(handler); }
  void Every(Chore chore) { chores_.push_back(std::move(chore)); }
  void Start(Executor executor);
  // Waits for what is under way. The executor must be running.
  void Stop();
  // The functions are loaded, in a version this process can use.
  bool functions_ready() const { return functions_ready_; }

 private:
  Task<> KeepWatching();
  Task<> CheckFunctions();
  Task<> KeepSweeping();
  Task<bool> SweepAll();
  Task<> Sweep(ShopId shop);
  Task<> Trim(ShopId shop);
  Task<> KeepServingTimers();
  void BeginRound();
  Task<> ServeRound();
  Task<> ServeTimers(ShopId shop);

  const std::string service_;
  const int64_t functions_version_;
  redis::ShardMap& shards_;
  redis::AggregateStore& store_;
  events::Outbox& outbox_;
  timers::DueQueue& timers_;
  DueHandler due_;
  std::vector<Chore> chores_;
  std::unique_ptr<TaskGroup> tasks_;
  std::atomic<bool> functions_ready_{false};
  std::vector<ShopId> shops_;
  // Shops whose timers are still to be asked for in this round, and being served.
  std::deque<ShopId> round_;
  std::set<ShopId> busy_;
  int servers_ = 0;
};

}  // namespace kefu::host
