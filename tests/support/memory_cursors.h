// A CursorStore in memory, for tests of what stands on one. Passes the same contract suite as the
// real ones (tests/contract/cursor_store_contract.h). Thread-safe, as long as the clock is.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/redis/cursors.h"

namespace kefu::test {

class MemoryCursors final : public redis::CursorStore {
 public:
  // `clock` is for leases.
  explicit MemoryCursors(const Clock& clock) : clock_(clock) {}

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

  // Advance for those who are no coroutine.
  absl::Status AdvanceNow(const ShopId& shop, const std::string& source, redis::Cursor expected,
                          redis::Cursor next);

 private:
  using EventKey = std::pair<std::string, std::string>;  // source, event
  struct Shop {
    std::map<std::string, redis::Cursor> cursors;
    std::map<EventKey, redis::DeadLetter> dead;
  };
  struct Held {
    std::string holder;
    TimePoint until;
  };

  absl::Status Move(Shop& shop, const std::string& source, redis::Cursor expected,
                    redis::Cursor next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  absl::Mutex mutex_;
  std::map<ShopId, Shop> shops_ ABSL_GUARDED_BY(mutex_);
  std::map<uint32_t, Held> leases_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::test
