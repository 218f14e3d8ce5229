// Aggregates: things that are read and written as a whole, decided on by pure C++ and committed by
// one Redis function (functions/commit.lua): record, indexes, events and the request's id, or
// nothing.
//
//   store.Update({shop, "order", id}, request, [&](const Snapshot& now) -> absl::StatusOr<Change> {
//     KEFU_ASSIGN_OR_RETURN(Order order, DecodeOrder(now.state));
//     KEFU_ASSIGN_OR_RETURN(Order next, orders::Confirm(order, now.time));
//     return Change{.state = EncodeOrder(next), .events = {…}};
//   });
//
// The function given must be pure: it runs again when somebody else committed in between. A
// repeated request (same id, same payload hash) does not run it and answers the first result; the
// last 16 requests are remembered with the aggregate, and the one that created it for as long as it
// lives.
//
// Keys: `kf:<service>:{shop}:<type>:<id>`, with {sys} for what precedes the shop; index keys
// `kf:<service>:{shop}:<name>`.
// The shops in which something was ever committed are listed in `kf:<service>:{sys}:log_shops` (a
// sorted set, all scores 0), written before the first commit and again every ten minutes.
// Threads: thread-safe.
// Errors: those of the decision; ABORTED CURSOR_MOVED; ALREADY_EXISTS REQUEST_ID_REUSED; ABORTED
// VERSION_CONFLICT after eight lost races; those of redis/client.h. After OUTCOME_UNKNOWN repeat
// the request with the same id.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/kefu/events/v1/envelope.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/cursors.h"
#include "services/common/redis/function.h"
#include "services/common/redis/shard_map.h"

namespace kefu::redis {

struct AggregateId {
  // None: {sys}.
  std::optional<ShopId> shop;
  std::string type;
  std::string id;
};

// The command's identity. Without an id it is not remembered and must be harmless when repeated.
struct Request {
  std::string id;
  // Over everything the caller sent; keyed if that holds secrets.
  std::string payload_hash;
  std::string traceparent;
};

struct Snapshot {
  // 0: there is no such aggregate.
  uint64_t version = 0;
  std::string state;
  // The shop's time at the reading.
  TimePoint time;
};

// A write to an index in the same commit. `index` is the name after the shop, e.g. "logins".
struct IndexChange {
  enum class Kind {
    kHashSet,
    kHashSetNew,
    kHashDelete,
    kSetAdd,
    kSetRemove,
    kSortedAdd,
    kSortedRemove
  };
  Kind kind;
  std::string index;
  std::string member;
  // Value or score. kVersion stands for the version that the commit makes.
  std::string value;
  // kHashSetNew: the error (ALREADY_EXISTS) if the member has another value already.
  std::string taken_reason;
  std::string taken_message;

  static constexpr std::string_view kVersion = "@version";
};

struct NewEvent {
  std::string type;
  std::string subject;
  std::string data;
  uint32_t record_version = 1;
};

// Sets a durable timer of the service (timers/due_queue.h) in the same commit, or ends it.
struct TimerChange {
  std::string key;
  // None: no timer any more.
  std::optional<TimePoint> due;
};

// The cursor of a consumer (events/consumer.h) that moves with the effect of the event it passes:
// the commit is refused, ABORTED CURSOR_MOVED, unless the cursor stands at `expected`.
struct CursorMove {
  std::string source;
  Cursor expected;
  Cursor next;
};

struct Change {
  std::string state;
  // Remembered with the request.
  std::string result;
  std::vector<IndexChange> indexes;
  std::vector<NewEvent> events;
  std::vector<TimerChange> timers;
  // Nothing is to be written but the request's id and the cursor: the state stays as it is, and so
  // does its version; indexes, events and timers must be empty. What does not exist remembers no
  // request.
  bool unchanged = false;
};

struct Committed {
  uint64_t version = 0;
  std::string state;
  std::string result;
  // Carried out before: `state` is the present one, there are no events.
  bool replayed = false;
  // As they stand in the outbox; for the caller to publish.
  std::vector<events::v1::Envelope> events;
};

class AggregateStore {
 public:
  using Decide = std::function<absl::StatusOr<Change>(const Snapshot&)>;

  // `test_clock` is heard only by the function library that tests load.
  AggregateStore(ShardMap& shards, std::string service, const Clock* test_clock = nullptr);

  Task<absl::StatusOr<Snapshot>> Load(AggregateId id);
  // In the order of `ids`, all of one shop and type; absent ones have version 0.
  Task<absl::StatusOr<std::vector<Snapshot>>> LoadMany(std::optional<ShopId> shop, std::string type,
                                                       std::vector<std::string> ids);
  // What the request did if it was carried out before, without carrying it out.
  Task<absl::StatusOr<std::optional<Committed>>> FindReplay(AggregateId id, Request request);

  // `decide` sees version 0 if the aggregate is absent; it alone says whether that is an error or a
  // beginning. How long events stay in the outbox: events/outbox.h; without a shop: the last
  // 10,000. With `move`: a repeated request moves the cursor all the same; after OUTCOME_UNKNOWN it
  // may stand at `next` already, which is CURSOR_MOVED.
  Task<absl::StatusOr<Committed>> Update(AggregateId id, Request request, Decide decide,
                                         std::optional<CursorMove> move = std::nullopt);

  // In the order of their names, those after `after`; a limit of 0 is none. `index`: another sorted
  // set of {sys} with shops, all with score 0, if the service lists them itself.
  Task<absl::StatusOr<std::vector<ShopId>>> ListShops(std::string after = "", size_t limit = 0,
                                                      std::string index = "");

  std::string Key(const std::optional<ShopId>& shop, std::string_view name) const;
  Client& ClientOf(const std::optional<ShopId>& shop);
  std::string TestNow() const;
  const Clock* test_clock() const { return test_clock_; }

 private:
  struct Loaded;
  struct Attempt;
  Task<absl::StatusOr<Loaded>> LoadFor(AggregateId id, Request request);
  Task<absl::Status> RegisterShop(ShopId shop);
  // A request that was carried out before: only its cursor is left to be moved.
  Task<absl::StatusOr<Committed>> Replay(AggregateId id, Loaded loaded,
                                         std::optional<CursorMove> move);
  Task<absl::StatusOr<Committed>> Commit(Attempt attempt);
  FunctionCall CommitCall(const Attempt& attempt,
                          const std::vector<events::v1::Envelope>& envelopes) const;

  ShardMap& shards_;
  const std::string service_;
  const Clock* test_clock_;
  absl::Mutex mutex_;
  // Shops known to be listed, and until when (MonotonicMs) that is believed.
  std::map<ShopId, int64_t> listed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::redis
