// The buyers' data keys: made on first use, stored wrapped, kept in memory as long as there is
// room.
//
// A cached key is only ever used if its id is the one in force: functions that write refuse another
// one (KEY_CHANGED), functions that read answer the one in force. So a key that another process
// erased does no more harm here. Threads: thread-safe. `shards` outlives it.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"
#include "services/common/seal/key_cache.h"
#include "services/common/seal/sealing.h"
#include "services/inquiries/storage/deadline.h"

namespace kefu::inquiries::storage {

using seal::DataKeyPtr;

class DataKeys {
 public:
  DataKeys(redis::ShardMap& shards, seal::MasterKeys master_keys, size_t capacity = 50'000);

  // The buyer's key, made if there is none. Wrapped anew if it was under an older master key.
  Task<absl::StatusOr<DataKeyPtr>> Ensure(ShopId shop, BuyerId buyer, Deadline deadline);
  // The key that a function answered as the one in force; null if there is none, because it was
  // erased.
  absl::StatusOr<DataKeyPtr> Resolve(const ShopId& shop, const BuyerId& buyer,
                                     const seal::WrappedKey& stored);
  void Forget(const ShopId& shop, const BuyerId& buyer);
  size_t size() const { return cache_.size(); }

 private:
  Task<absl::StatusOr<seal::WrappedKey>> Store(ShopId shop, BuyerId buyer, seal::WrappedKey offered,
                                               Deadline deadline);
  Task<absl::Status> Rewrap(ShopId shop, BuyerId buyer, DataKeyPtr key, Deadline deadline);

  redis::ShardMap& shards_;
  const seal::MasterKeys master_keys_;
  seal::KeyCache cache_;
};

}  // namespace kefu::inquiries::storage
