// How far a consumer has got in the logs of others, kept in its own store, and the events it could
// not take. One hash per shop, `kf:<service>:{shop}:cursors` (source → "<epoch>:<seq>"), and one of
// dead letters, `kf:<service>:{shop}:dead`.
//
// A cursor moves only from where the caller believes it to be, in one step with what it stands for:
// with the effect (AggregateStore::Update), with a dead letter, or alone when there was nothing to
// do. So two processes that read the same log can do each other no harm.
// Threads: thread-safe. `shards` outlives it. Errors: ABORTED CURSOR_MOVED, NOT_FOUND
// NO_SUCH_DEAD_LETTER, RESOURCE_EXHAUSTED DEAD_LETTERS_FULL, and those of the Redis client.
#pragma once

#include <absl/status/statusor.h>

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"

namespace kefu::redis {

struct Cursor {
  // 0: never read anything.
  uint64_t store_epoch = 0;
  uint64_t seq = 0;
  auto operator<=>(const Cursor&) const = default;
};
// "<epoch>:<seq>", as it is stored; what is not one reads as {0, 0}.
std::string ToText(const Cursor& cursor);
Cursor CursorFromText(std::string_view text);

struct DeadLetter {
  std::string source;
  // A serialised kefu.events.v1.Envelope, and its id.
  std::string event;
  std::string envelope;
  std::string reason;
  std::string message;
  uint32_t attempts = 1;
  TimePoint time;
};

// Most of one shop. With as many kept, no other is buried (RESOURCE_EXHAUSTED DEAD_LETTERS_FULL):
// the log stops at the event, as at an error that passes, until some were handled or given up.
inline constexpr size_t kMaxDeadLetters = 1000;

// Where a letter stands in the order of all: oldest first.
struct DeadPlace {
  TimePoint time;
  std::string source;
  std::string event;
  auto operator<=>(const DeadPlace&) const = default;
};
DeadPlace PlaceOf(const DeadLetter& letter);
// Sorts as the place does; what is not one reads as the beginning.
std::string ToText(const DeadPlace& place);
DeadPlace DeadPlaceFromText(std::string_view text);

struct DeadQuery {
  // Empty: of all.
  std::string source;
  // None: from the beginning.
  std::optional<DeadPlace> after;
  size_t limit = 50;
};

absl::Status NoSuchDeadLetter();
absl::Status DeadLettersFull();

// The interface, so that a consumer whose store is SQL keeps its cursors there.
class CursorStore {
 public:
  virtual ~CursorStore() = default;

  virtual Task<absl::StatusOr<Cursor>> Get(ShopId shop, std::string source) = 0;
  // Everything of the shop, by source.
  virtual Task<absl::StatusOr<std::map<std::string, Cursor>>> List(ShopId shop) = 0;
  virtual Task<absl::Status> Advance(ShopId shop, std::string source, Cursor expected,
                                     Cursor next) = 0;
  // Moves the cursor past an event and keeps the event, in one step; DEAD_LETTERS_FULL.
  virtual Task<absl::Status> Bury(ShopId shop, DeadLetter letter, Cursor expected, Cursor next) = 0;
  // Oldest first.
  virtual Task<absl::StatusOr<std::vector<DeadLetter>>> ListDead(ShopId shop, DeadQuery query) = 0;
  // By source; where there are none, nothing.
  virtual Task<absl::StatusOr<std::map<std::string, size_t>>> CountDead(ShopId shop) = 0;
  virtual Task<absl::StatusOr<DeadLetter>> FindDead(ShopId shop, std::string source,
                                                    std::string event) = 0;
  // After a new attempt that failed: reason, message and attempts are written anew, the rest stays.
  virtual Task<absl::Status> UpdateDead(ShopId shop, DeadLetter letter) = 0;
  virtual Task<absl::Status> DropDead(ShopId shop, std::string source, std::string event) = 0;
  // For one of several processes that do the same: true if `holder` has bucket `bucket` for
  // `lease_ms` from now (it had it, or nobody did).
  virtual Task<absl::StatusOr<bool>> Lease(uint32_t bucket, std::string holder,
                                           int64_t lease_ms) = 0;
};

// Functions `<service>_cursor_*_v1`, `_bury_v1`, `_dead_*_v1` and `_bucket_lease_v1` of the
// service's own library (functions/cursors.lua); leases in `kf:<service>:{sys}:leases`.
// `test_clock` is heard only by the library that tests load.
std::unique_ptr<CursorStore> NewRedisCursors(ShardMap& shards, std::string service,
                                             const Clock* test_clock = nullptr);

}  // namespace kefu::redis
