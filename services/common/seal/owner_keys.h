// The data keys of a service that keeps personal data in aggregates (redis/aggregates.h): one
// for each owner, a buyer or whatever has no buyer. Made on first use, stored wrapped by a master
// key, kept in memory as long as there is room.
//
// A key that was erased must never be written under again, however many processes have it in
// memory. So every commit of something sealed carries Guard(): the store refuses it (ALREADY_EXISTS
// KEY_CHANGED) unless the key is the one in force.
//
// Keys in Redis: `key:<owner>` (DataKeyRecord), `keys` (hash: owner → id of the key in force, "-"
// after an erasure).
// Threads: thread-safe. `store` outlives it. Errors: FAILED_PRECONDITION MASTER_KEY_MISSING, and
// those of the store.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregates.h"
#include "services/common/seal/key_cache.h"
#include "services/common/seal/sealing.h"

namespace kefu::seal {

class OwnerKeys {
 public:
  OwnerKeys(redis::Aggregates& store, MasterKeys master_keys, size_t capacity = 50'000);

  // The owner's key, made if there is none. Perhaps not in force any more: Guard tells.
  Task<absl::StatusOr<DataKeyPtr>> Ensure(ShopId shop, std::string owner);
  // The same without asking the store; null if it is not in memory.
  DataKeyPtr Cached(const ShopId& shop, const std::string& owner);
  // The keys in force, as the store has them, in the order of `owners`; null where there is none.
  Task<absl::StatusOr<std::vector<DataKeyPtr>>> FindMany(ShopId shop,
                                                         std::vector<std::string> owners);
  Task<absl::StatusOr<DataKeyPtr>> Find(ShopId shop, std::string owner);
  // Everything sealed under it is unreadable from now on. A repeated request erases no later key.
  Task<absl::Status> Erase(ShopId shop, std::string owner, redis::Request request);
  // After KEY_CHANGED: what is in memory is not in force.
  void Forget(const ShopId& shop, const std::string& owner);

  // Tells whether two texts are the same, to whoever has the master key: as long as it is the
  // first one.
  std::string Fingerprint(std::string_view text) const { return master_keys_.Fingerprint(text); }

  static redis::IndexChange Guard(const std::string& owner, const std::string& key);
  static bool IsKeyChanged(const absl::Status& status);

 private:
  absl::StatusOr<DataKeyPtr> Open(const std::string& name, std::string_view state);
  absl::StatusOr<redis::Change> Make(const std::string& name, const std::string& owner,
                                     const redis::Snapshot& now) const;

  redis::Aggregates& store_;
  const MasterKeys master_keys_;
  KeyCache cache_;
};

}  // namespace kefu::seal
