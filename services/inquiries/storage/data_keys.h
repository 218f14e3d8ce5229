// The buyers' data keys: made on first use, stored wrapped, kept in memory as long as there is
// room.
//
// A cached key is only ever used if its id is the one in force: functions that write refuse another
// one (KEY_CHANGED), functions that read answer the one in force. So a key that another process
// erased does no more harm here. Threads: thread-safe. `shards` outlives it.
#pragma once

#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"
#include "services/inquiries/storage/deadline.h"
#include "services/inquiries/storage/sealing.h"

namespace kefu::inquiries::storage {

// Shared, because the cache may drop a key that somebody still seals with.
using DataKeyPtr = std::shared_ptr<const DataKey>;

class DataKeys {
 public:
  DataKeys(redis::ShardMap& shards, MasterKeys master_keys, size_t capacity = 50'000);

  // The buyer's key, made if there is none. Wrapped anew if it was under an older master key.
  Task<absl::StatusOr<DataKeyPtr>> Ensure(ShopId shop, BuyerId buyer, Deadline deadline);
  // The key that a function answered as the one in force; null if there is none, because it was
  // erased.
  absl::StatusOr<DataKeyPtr> Resolve(const ShopId& shop, const BuyerId& buyer,
                                     const WrappedKey& stored);
  void Forget(const ShopId& shop, const BuyerId& buyer);
  size_t size() const;

 private:
  struct Cached {
    std::string name;
    DataKeyPtr key;
  };

  Task<absl::StatusOr<WrappedKey>> Store(ShopId shop, BuyerId buyer, WrappedKey offered,
                                         Deadline deadline);
  Task<absl::Status> Rewrap(ShopId shop, BuyerId buyer, DataKeyPtr key, Deadline deadline);
  DataKeyPtr Find(const std::string& name);
  DataKeyPtr Remember(const std::string& name, DataKey key);

  redis::ShardMap& shards_;
  const MasterKeys master_keys_;
  const size_t capacity_;
  mutable absl::Mutex mutex_;
  // Most recently used first.
  std::list<Cached> order_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, std::list<Cached>::iterator> by_name_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::inquiries::storage
