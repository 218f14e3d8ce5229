// The outbox as other services read it: envelopes with everything in them, unsealed where the
// buyer's key still exists, redacted where it does not. Threads: thread-safe. Errors: OUT_OF_RANGE,
// STALE_EPOCH (metadata epoch, head): begin again at min(cursor, head) in that epoch; OUT_OF_RANGE,
// LOG_TRIMMED (metadata first, head): what the reader wants is gone; those of redis/client.h.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <vector>

#include "proto/kefu/events/v1/service.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"
#include "services/inquiries/storage/data_keys.h"
#include "services/inquiries/storage/deadline.h"

namespace kefu::inquiries::storage {

class EventLog {
 public:
  EventLog(redis::ShardMap& shards, DataKeys& keys);

  Task<absl::StatusOr<events::v1::ReadResponse>> Read(ShopId shop, events::v1::ReadRequest request,
                                                      Deadline deadline);
  // The epoch in force afterwards.
  Task<absl::StatusOr<uint64_t>> RaiseEpoch(ShopId shop, uint64_t observed_epoch,
                                            Deadline deadline);
  // Drops some of the oldest events, if they are older than `keep_ms` or more than `max_count`.
  // Answers how many.
  Task<absl::StatusOr<uint64_t>> Trim(ShopId shop, int64_t keep_ms, uint64_t max_count,
                                      Deadline deadline);

 private:
  using KeysByBuyer = std::map<BuyerId, DataKeyPtr>;
  Task<absl::StatusOr<KeysByBuyer>> KeysOf(ShopId shop, std::vector<BuyerId> buyers,
                                           Deadline deadline);

  redis::ShardMap& shards_;
  DataKeys& keys_;
};

}  // namespace kefu::inquiries::storage
