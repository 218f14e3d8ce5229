// Completes, shop by shop, what a gateway left half done in routing: reads routing's log (owners
// changed) and announces each entry again, sweeps leases that lapsed, and does the shop's repairs.
// What follows from the log of inquiries is InquiriesEvents' affair.
//
// Of all gateways, the one that the consumer's leases name does this. A shop is looked after when
// something happened in it, and now and then without, since a gateway may die before it tells
// anybody: every 2 s for shops that are new, that have agents connected, or where something
// happened within the last two minutes; every 30 s for the others.
// Sixteen shops at a time, so that one whose store does not answer holds up few others.
// Threads: Poke from any thread; the rest on `executor`. What it is given outlives it.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/routing/router.h"
#include "gateway/sessions/announcer.h"
#include "gateway/sessions/session_cursors.h"
#include "services/common/base/task_group.h"
#include "services/common/events/consumer.h"
#include "services/common/metrics/metrics.h"
#include "services/common/redis/functions_check.h"
#include "services/common/redis/shard_map.h"

namespace kefu::gateway::sessions {

class SessionUpkeep {
 public:
  using ListShops = std::function<Task<absl::StatusOr<std::vector<ShopId>>>()>;
  // Called when a shop is seen for the first time, e.g. to listen to its topics.
  using ShopSeen = std::function<void(const ShopId&)>;
  // What else follows from entries of routing's log; each is told until it was OK. May be empty.
  using Follow = std::function<Task<absl::Status>(server::CallScope, ShopId,
                                                  std::vector<routing::SessionChange>)>;
  // What else is repaired shop by shop.
  using Repair = std::function<Task<absl::Status>(ShopId)>;
  // What follows from an entry of the routing log beside what is announced.
  using Routed = std::function<Task<absl::Status>(server::CallScope, ShopId, routing::Event)>;
  // Does what is due in the shop; answers when the next thing is.
  using ServeDueNow =
      std::function<Task<absl::StatusOr<std::optional<TimePoint>>>(server::CallScope, ShopId)>;
  struct Hooks {
    ListShops list_shops;
    ShopSeen shop_seen;
    Follow follow;
    Repair repair;
    // May be empty, as in tests.
    Routed routed = nullptr;
    ServeDueNow serve_due = nullptr;
  };

  SessionUpkeep(redis::ShardMap& shards, events::Consumer& consumer, SessionCursors& cursors,
                routing::Router& router, Announcer& announcer, Hooks hooks,
                metrics::Metrics& metrics);

  void Start(Executor executor);
  // Waits for what is under way. The executor must be running.
  void Stop();
  // Something happened in the shop: look after it soon.
  void Poke(const ShopId& shop);
  // The functions are loaded, in a version this process can use.
  bool functions_ready() const { return functions_.ready(); }

 private:
  struct ShopState {
    int64_t read_at_ms = 0;
    int64_t active_until_ms = 0;
    int64_t tombstones_at_ms = 0;
    bool held = false;
    // Waits for its turn, or has it.
    bool taken = false;
  };

  Task<> KeepWatching();
  Task<> Loop();
  // Its former holder may have left something half done.
  void WakeInherited();
  Task<> LearnShops();
  void TakeDue();
  // Shops after each other, until none waits.
  Task<> ServeDue();
  Task<> Process(ShopId shop);
  // Each answers whether there may be more.
  Task<absl::StatusOr<bool>> ReadRouting(server::CallScope scope, ShopId shop);
  Task<absl::StatusOr<bool>> Sweep(server::CallScope scope, ShopId shop);
  Task<absl::Status> ServeTimers(server::CallScope scope, ShopId shop);
  Task<absl::Status> DropTombstones(ShopId shop);
  void ReadAgainAt(const ShopId& shop, int64_t at_ms);
  // Agents are connected: routing may change at any moment.
  void KeepActive(const ShopId& shop);

  redis::ShardMap& shards_;
  events::Consumer& consumer_;
  SessionCursors& cursors_;
  routing::Router& router_;
  Announcer& announcer_;
  const Hooks hooks_;
  metrics::Counter& repeated_;
  metrics::Counter& failed_;
  redis::FunctionsCheck functions_;
  int64_t shops_at_ms_ = 0;
  std::unique_ptr<TaskGroup> tasks_;
  std::deque<ShopId> due_;
  int servers_ = 0;
  absl::Mutex mutex_;
  std::map<ShopId, ShopState> shops_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::sessions
