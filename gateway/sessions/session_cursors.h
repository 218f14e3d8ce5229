// How far the gateway has got in the log of inquiries: kept by routing, whose tombstones of closed
// sessions last until it has passed the close. Dead letters and leases are kept as every
// consumer's.
//
// A dead letter is kept just before the cursor moves, not in the same step: what follows from an
// event of inquiries is harmless to repeat, so at worst somebody finds a letter that was handled
// after all. Threads: thread-safe. `shards` and `router` outlive it.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/routing/router.h"
#include "services/common/redis/cursors.h"
#include "services/common/redis/shard_map.h"

namespace kefu::gateway::sessions {

class SessionCursors final : public redis::CursorStore {
 public:
  // The only source; routing knows no other cursor of that kind.
  static constexpr char kSource[] = "inquiries";

  SessionCursors(redis::ShardMap& shards, routing::Router& router);

  // Everything up to an event of that time was followed: with the cursor's next move, tombstones
  // older than it (with a margin) go.
  void Passed(const ShopId& shop, TimePoint time);
  // The cursor is at the head: every old tombstone goes.
  Task<absl::Status> UpToDate(ShopId shop);

  Task<absl::StatusOr<redis::Cursor>> Get(ShopId shop, std::string source) override;
  Task<absl::StatusOr<std::map<std::string, redis::Cursor>>> List(ShopId shop) override;
  Task<absl::Status> Advance(ShopId shop, std::string source, redis::Cursor expected,
                             redis::Cursor next) override;
  Task<absl::Status> Bury(ShopId shop, redis::DeadLetter letter, redis::Cursor expected,
                          redis::Cursor next) override;
  Task<absl::StatusOr<std::vector<redis::DeadLetter>>> ListDead(ShopId shop,
                                                                redis::DeadQuery query) override;
  Task<absl::StatusOr<std::map<std::string, size_t>>> CountDead(ShopId shop) override;
  Task<absl::StatusOr<redis::DeadLetter>> FindDead(ShopId shop, std::string source,
                                                   std::string event) override;
  Task<absl::Status> UpdateDead(ShopId shop, redis::DeadLetter letter) override;
  Task<absl::Status> DropDead(ShopId shop, std::string source, std::string event) override;
  Task<absl::StatusOr<bool>> Lease(uint32_t bucket, std::string holder, int64_t lease_ms) override;

 private:
  TimePoint PassedOf(const ShopId& shop);

  routing::Router& router_;
  const std::unique_ptr<redis::CursorStore> letters_;
  absl::Mutex mutex_;
  std::map<ShopId, TimePoint> passed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::sessions
