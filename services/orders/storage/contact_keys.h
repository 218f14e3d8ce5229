// The data keys that contacts are sealed with: one for each buyer, one for each order without a
// buyer. Made on first use, stored wrapped by a master key, kept in memory as long as there is
// room.
//
// A key that was erased must never be written under again, however many processes have it in
// memory. So every commit of a contact carries Guard(): the store refuses it (ALREADY_EXISTS
// KEY_CHANGED) unless the key is the one in force.
//
// Keys in Redis: `key:<owner>` (DataKeyRecord), `keys` (hash: owner → id of the key in force, "-"
// after an erasure).
// Threads: thread-safe. `store` outlives it. Errors: FAILED_PRECONDITION MASTER_KEY_MISSING, and
// those of the store.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/seal/key_cache.h"
#include "services/common/seal/sealing.h"

namespace kefu::orders::storage {

class ContactKeys {
 public:
  ContactKeys(redis::AggregateStore& store, seal::MasterKeys master_keys, size_t capacity = 50'000);

  // The owner's key, made if there is none. Perhaps not in force any more: Guard tells.
  Task<absl::StatusOr<seal::DataKeyPtr>> Ensure(ShopId shop, std::string owner);
  // The key in force, as the store has it; null if there is none.
  Task<absl::StatusOr<seal::DataKeyPtr>> Find(ShopId shop, std::string owner);
  // Everything sealed under it is unreadable from now on. A repeated request erases no later key.
  Task<absl::Status> Erase(ShopId shop, std::string owner, redis::Request request);
  // After KEY_CHANGED: what is in memory is not in force.
  void Forget(const ShopId& shop, const std::string& owner);

  static redis::IndexChange Guard(const std::string& owner, const std::string& key);
  static bool IsKeyChanged(const absl::Status& status);

 private:
  absl::StatusOr<seal::DataKeyPtr> Open(const std::string& name, std::string_view state);
  absl::StatusOr<redis::Change> Make(const std::string& name, const std::string& owner,
                                     const redis::Snapshot& now) const;

  redis::AggregateStore& store_;
  const seal::MasterKeys master_keys_;
  seal::KeyCache cache_;
};

}  // namespace kefu::orders::storage
