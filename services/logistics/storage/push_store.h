// Bodies that were pushed, kept durably until they were taken apart and for a while after that.
//
// A body comes with a timer in the same commit, so that whatever process dies, somebody takes it
// apart. Keys: services/logistics/README.md. Threads: thread-safe. Errors: those of the aggregate
// store.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregates.h"
#include "services/logistics/storage/records.h"
#include "services/logistics/storage/shipment_store.h"

namespace kefu::logistics::storage {

// Timers and aggregates of pushes are named by these.
inline constexpr std::string_view kPushTimer = "push:";
std::string PushIdOf(std::string_view webhook, std::string_view deduplication_key);

class PushStore {
 public:
  PushStore(redis::Aggregates& store, Commit commit) : store_(store), commit_(std::move(commit)) {}

  // Whether it is new. Its timer is due in half a minute.
  Task<absl::StatusOr<bool>> Keep(ShopId shop, redis::Request request, std::string id,
                                  PushState push);
  // None if it is gone.
  Task<absl::StatusOr<std::optional<PushState>>> Find(ShopId shop, std::string id);
  // It was taken apart; `problem` as in PushState. It stays for a week, for 30 days if it could not
  // be read, listed as such.
  Task<absl::Status> Finish(ShopId shop, std::string id, std::string problem);
  Task<absl::Status> Drop(ShopId shop, std::string id);

 private:
  redis::Aggregates& store_;
  const Commit commit_;
};

}  // namespace kefu::logistics::storage
