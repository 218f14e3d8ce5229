// Shipments: one aggregate each, changed by the pure functions of domain/shipment.h, found
// again by sorted sets. Keys: services/logistics/README.md.
//
// Threads: thread-safe. Errors: NOT_FOUND NO_SUCH_SHIPMENT; those of the decisions and of the
// aggregate store.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregates.h"
#include "services/logistics/domain/shipment.h"

namespace kefu::logistics::storage {

inline constexpr char kShipmentType[] = "shipment";
// Members are the ids of all shipments.
inline constexpr char kShipmentsIndex[] = "shipments";
inline constexpr char kShipmentCreated[] = "com.kefu.shipment.created.v1";
inline constexpr char kShipmentChanged[] = "com.kefu.shipment.changed.v1";

// Commits and makes known what was committed: Host::Update, or the store alone in tests.
using Commit = std::function<Task<absl::StatusOr<redis::Committed>>(
    redis::AggregateId, redis::Request, redis::Aggregates::Decide,
    std::optional<redis::CursorMove>)>;

struct StoredShipment {
  Shipment shipment;
  uint64_t version = 0;
};

struct Written {
  StoredShipment stored;
  bool created = false;
  bool changed = false;
  // AddEvents: as in Decision.
  std::vector<Decision::Outcome> outcomes;
};

// What is not said is not asked for.
struct Filter {
  std::string order;
  std::string tracking_number;
  std::string buyer;
  Status status = Status::kNone;
};

struct Page {
  std::vector<StoredShipment> shipments;
  // To go on after; empty at the end. A page may be short and yet not the last: a filter that finds
  // little is looked through piece by piece.
  std::string next;
};

class ShipmentStore {
 public:
  // `store` outlives it.
  ShipmentStore(redis::Aggregates& store, Commit commit)
      : store_(store), commit_(std::move(commit)) {}

  // Both are idempotent by what they say, so a request need not have an id.
  Task<absl::StatusOr<Written>> Register(ShopId shop, redis::Request request,
                                         logistics::Register command,
                                         std::optional<redis::CursorMove> move = std::nullopt);
  Task<absl::StatusOr<Written>> AddEvents(ShopId shop, redis::Request request,
                                          logistics::AddEvents command);

  Task<absl::StatusOr<StoredShipment>> Get(ShopId shop, ShipmentId id);
  // The newest first, `limit` at most, after `position` (empty: from the beginning).
  Task<absl::StatusOr<Page>> List(ShopId shop, Filter filter, std::string position, size_t limit);

 private:
  // The decision as a function of what is known; it may run several times.
  using Decide = std::function<absl::StatusOr<Decision>(const std::optional<Shipment>&, TimePoint)>;
  Task<absl::StatusOr<Written>> Update(ShopId shop, ShipmentId id, redis::Request request,
                                       Decide decide, std::optional<redis::CursorMove> move);

  redis::Aggregates& store_;
  const Commit commit_;
};

// The event that shows a shipment's state in a snapshot.
absl::StatusOr<std::vector<redis::NewEvent>> ShowShipment(const std::string& id,
                                                          const redis::Snapshot& snapshot);

}  // namespace kefu::logistics::storage
