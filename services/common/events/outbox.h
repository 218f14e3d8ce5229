// A log of events that others may read: the outbox of a service, one stream per shop, written by
// the same function as the state.
//
// Kept: everything above the slowest consumer registered (heard of within seven days), and whatever
// is younger than an hour; but at most seven days, 1,000,000 events and 512 MiB a shop. Whoever is
// slower takes a snapshot.
//
// Reading: epoch 0 is whichever is in force. Position 0 in epoch 0 is the beginning of what is
// kept; every other position is LOG_TRIMMED if events after it are gone, also when nothing is left.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/kefu/events/v1/service.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/shard_map.h"
#include "services/common/server/unary.h"

namespace kefu::events {

// One source. Thread-safe. Errors: OUT_OF_RANGE STALE_EPOCH (metadata epoch, head), LOG_TRIMMED
// (metadata first, head); INVALID_ARGUMENT BAD_PAGE_TOKEN; those of the Redis client.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual const std::string& source() const = 0;

  virtual Task<absl::StatusOr<v1::ReadResponse>> Read(server::CallScope scope, ShopId shop,
                                                      v1::ReadRequest request) = 0;
  virtual Task<absl::StatusOr<v1::ListHeadsResponse>> ListHeads(server::CallScope scope,
                                                                v1::ListHeadsRequest request) = 0;
  virtual Task<absl::Status> ReportCursors(server::CallScope scope,
                                           v1::ReportCursorsRequest request) = 0;
  virtual Task<absl::StatusOr<v1::SnapshotResponse>> Snapshot(server::CallScope scope, ShopId shop,
                                                              v1::SnapshotRequest request) = 0;
  // The epoch now in force: above `observed`.
  virtual Task<absl::StatusOr<uint64_t>> RaiseEpoch(server::CallScope scope, ShopId shop,
                                                    uint64_t observed) = 0;
  // Drops what need not be kept any more; answers how many. Each call drops a bounded part.
  virtual Task<absl::StatusOr<uint64_t>> Trim(ShopId shop) = 0;
};

// What a snapshot shows of one kind of aggregate.
struct SnapshotPart {
  // Aggregate type, e.g. "order".
  std::string type;
  // Name of a sorted set (IndexChange) whose members are the ids of all of them.
  std::string index;
  // The events that show the state: one, several if the aggregate holds several things that others
  // know by themselves, none if this one shows nothing. Pure.
  std::function<absl::StatusOr<std::vector<redis::NewEvent>>(const std::string& id,
                                                             const redis::Snapshot&)>
      show;
};

// The outbox that AggregateStore writes. `source` is the service's name unless it has several logs;
// the keys are kf:<service>:{shop}:outbox and kf:<service>:{shop}:meta. `shops` names another index
// of {sys} that lists the shops, if the service has its own; see AggregateStore::ListShops.
std::unique_ptr<Outbox> NewAggregateOutbox(redis::ShardMap& shards, redis::AggregateStore& store,
                                           std::string service, std::string source,
                                           std::vector<SnapshotPart> snapshot,
                                           std::string shops = "");

}  // namespace kefu::events
