// Completes what a gateway left half done: reads the log of inquiries (sessions opened, reopened,
// closed) and the log of routing (owners changed), repeats for each entry the step that follows
// from it, and sweeps leases that lapsed.
//
// Of all gateways, the holder of a shop's lease does this; 16 buckets of shops. A log is read when
// a notice says that it grew, and now and then without one, since notices may be lost and a gateway
// may die before it tells anybody: every 2 s for shops that are new, that have agents connected, or
// where something happened within the last two minutes; every 30 s for the others.
// Threads: Poke from any thread; the rest on `executor`.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/routing/router.h"
#include "gateway/sessions/announcer.h"
#include "gateway/sessions/session_flow.h"
#include "gateway/upstream/inquiries_client.h"
#include "services/common/metrics/metrics.h"
#include "services/common/redis/shard_map.h"

namespace kefu::gateway::sessions {

class LogReader {
 public:
  using ListShops = std::function<Task<absl::StatusOr<std::vector<ShopId>>>()>;
  // Called when a shop is seen for the first time, e.g. to listen to its topics.
  using ShopSeen = std::function<void(const ShopId&)>;
  // What else is repaired shop by shop.
  using Repair = std::function<Task<absl::Status>(ShopId)>;
  struct Hooks {
    ListShops list_shops;
    ShopSeen shop_seen;
    Repair repair;
  };

  LogReader(redis::ShardMap& shards, InquiriesClient& inquiries, routing::Router& router,
            SessionFlow& flow, Announcer& announcer, Hooks hooks, metrics::Metrics& metrics);

  void Start(Executor executor);
  // Something happened in the shop: read its logs soon.
  void Poke(const ShopId& shop);

 private:
  static constexpr size_t kBuckets = 16;
  static size_t BucketOf(const ShopId& shop) { return std::hash<ShopId>()(shop) % kBuckets; }
  struct ShopState {
    int64_t read_at_ms = 0;
    int64_t active_until_ms = 0;
  };

  Task<> Loop();
  Task<> RenewLeases();
  // The bucket's lease is new here: its former holder may have left something half done.
  void WakeShops(size_t bucket);
  Task<> LearnShops();
  std::vector<ShopId> TakeDue();
  Task<> Process(ShopId shop);
  // Each answers whether there may be more.
  Task<absl::StatusOr<bool>> ReadInquiries(server::CallScope scope, ShopId shop);
  Task<absl::StatusOr<bool>> ReadRouting(server::CallScope scope, ShopId shop);
  Task<absl::StatusOr<bool>> Sweep(server::CallScope scope, ShopId shop);
  Task<absl::Status> Follow(server::CallScope scope, ShopId shop, events::v1::Envelope envelope);
  void ReadAgainAt(const ShopId& shop, int64_t at_ms);
  // Agents are connected: routing may change at any moment.
  void KeepActive(const ShopId& shop);

  redis::ShardMap& shards_;
  InquiriesClient& inquiries_;
  routing::Router& router_;
  SessionFlow& flow_;
  Announcer& announcer_;
  const Hooks hooks_;
  metrics::Counter& repeated_;
  metrics::Counter& failed_;
  const std::string holder_;
  std::array<int64_t, kBuckets> leased_until_ms_{};
  int64_t leases_at_ms_ = 0;
  int64_t shops_at_ms_ = 0;
  absl::Mutex mutex_;
  std::map<ShopId, ShopState> shops_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::sessions
