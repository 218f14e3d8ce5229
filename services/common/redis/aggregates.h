// Aggregates: things that are read and written as a whole, decided on by pure C++ and committed at
// once: record, indexes, events and the request's id, or nothing.
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
// The interface, so that what stores aggregates can be tested without Redis (aggregate_store.h).
// Threads: thread-safe.
// Errors: those of the decision; ABORTED CURSOR_MOVED; ALREADY_EXISTS REQUEST_ID_REUSED; ABORTED
// VERSION_CONFLICT after eight lost races; those of redis/client.h. After OUTCOME_UNKNOWN repeat
// the request with the same id.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/kefu/events/v1/envelope.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/cursors.h"

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

// A member of a sorted index with its score.
struct IndexPlace {
  int64_t score = 0;
  std::string member;

  // In the order in which an index is read: the greatest score first, then the greatest member.
  friend bool Before(const IndexPlace& a, const IndexPlace& b) {
    return a.score != b.score ? a.score > b.score : a.member > b.member;
  }
};

class Aggregates {
 public:
  using Decide = std::function<absl::StatusOr<Change>(const Snapshot&)>;

  virtual ~Aggregates() = default;

  virtual Task<absl::StatusOr<Snapshot>> Load(AggregateId id) = 0;
  // In the order of `ids`, all of one shop and type; absent ones have version 0.
  virtual Task<absl::StatusOr<std::vector<Snapshot>>> LoadMany(std::optional<ShopId> shop,
                                                               std::string type,
                                                               std::vector<std::string> ids) = 0;
  // What the request did if it was carried out before, without carrying it out.
  virtual Task<absl::StatusOr<std::optional<Committed>>> FindReplay(AggregateId id,
                                                                    Request request) = 0;

  // `decide` sees version 0 if the aggregate is absent; it alone says whether that is an error or a
  // beginning. How long events stay in the outbox: events/outbox.h; without a shop: the last
  // 10,000. With `move`: a repeated request moves the cursor all the same; after OUTCOME_UNKNOWN it
  // may stand at `next` already, which is CURSOR_MOVED.
  virtual Task<absl::StatusOr<Committed>> Update(AggregateId id, Request request, Decide decide,
                                                 std::optional<CursorMove> move) = 0;
  Task<absl::StatusOr<Committed>> Update(AggregateId id, Request request, Decide decide) {
    return Update(std::move(id), std::move(request), std::move(decide), std::nullopt);
  }

  // At most `count` places of a sorted index with whole scores, as Before orders them, from the
  // first one behind `after` on, whether that is still there or not; without it from the beginning.
  virtual Task<absl::StatusOr<std::vector<IndexPlace>>> ReadIndex(std::optional<ShopId> shop,
                                                                  std::string index,
                                                                  std::optional<IndexPlace> after,
                                                                  size_t count) = 0;

  // Removes the aggregate, with the requests it remembers, and its id from a sorted index. Nobody
  // is told. Harmless when repeated.
  virtual Task<absl::Status> Remove(AggregateId id, std::string index) = 0;

  // In the order of their names, those after `after`; a limit of 0 is none. `index`: another sorted
  // set of {sys} with shops, all with score 0, if the service lists them itself.
  virtual Task<absl::StatusOr<std::vector<ShopId>>> ListShops(std::string after, size_t limit,
                                                              std::string index) = 0;
  Task<absl::StatusOr<std::vector<ShopId>>> ListShops() { return ListShops("", 0, ""); }
};

}  // namespace kefu::redis
