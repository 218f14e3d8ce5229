// Reads the logs of other services and does what follows from their events, each effect once.
//
//   Consumer consumer({.service = "orders", .cursors = cursors, .sources = {…}, …}, metrics);
//   consumer.On("logistics", "com.kefu.shipment.changed.v1",
//               [this](Delivery delivery) { return parcels_.OnShipmentChanged(std::move(delivery));
//               });
//   consumer.Start(executor);
//
// Of all processes of a service, the holder of a bucket's lease (16 buckets of shops) reads the
// shops in it. A log is read when a notice says that it grew, and when the comparison of heads
// (every two seconds, all shops in one call) says that a notice was missed: a late joiner, a
// restart and a lost notice are all the same gap. A notice that carries the very next event saves
// the reading.
//
// The cursor of (shop, source) moves in one step with the effect: the handler passes
// `delivery.move` into its one commit and answers kCommitted; or it had nothing to do, or is
// harmless to repeat, and the cursor moves afterwards. Errors that pass (UNAVAILABLE,
// DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, CANCELLED, ABORTED, INTERNAL, UNKNOWN) are tried again,
// in order, with growing pauses; anything else is the event's fault: it becomes a dead letter and
// the log goes on. Of a shop a thousand dead letters are kept (redis/cursors.h); the log that has
// one more stops at it until somebody has seen to them.
//
// Epochs: a publisher whose head is lower than what was read in the same epoch lost its tail, and
// is told to raise its epoch. In a new epoch reading goes on from the first event that was written
// in it, or from the head, if that is lower. A position whose successors were trimmed, a new epoch
// whose first events may have been, or a new consumer whose log has lost its beginning: everything
// is taken anew from a snapshot.
//
// Metrics, by consumer and source (one process may hold several consumers):
// kefu_consumer_events_total, kefu_consumer_dead_letters_total,
// kefu_consumer_dead_letters_full_total (attempts that found no room), kefu_consumer_retries_total,
// kefu_consumer_snapshots_total, kefu_consumer_lag_events (head less cursor over the shops held
// here), kefu_consumer_lag_seconds (age of the oldest event not handled),
// kefu_consumer_unseen_shops (told of before, and not in the last answer: their cell of the
// source's store is away).
//
// Threads: On before Start; Start once; the rest from any thread. Handlers run on `executor`, one
// event of a shop and source after the other, shops beside each other.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/kefu/events/v1/envelope.pb.h"
#include "proto/kefu/events/v1/service.pb.h"
#include "services/common/base/async.h"
#include "services/common/events/subscriber.h"
#include "services/common/metrics/metrics.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/cursors.h"
#include "services/common/server/channels.h"
#include "services/common/server/unary.h"

namespace kefu::events {

struct Delivery {
  server::CallScope scope;
  ShopId shop;
  v1::Envelope envelope;
  // For the handler's one commit. None when the event was handled before in vain (a dead letter
  // tried again) or comes out of a snapshot: then the effect key alone keeps it single.
  std::optional<redis::CursorMove> move;
  // The present state of something, not news: whoever would be told of it was told before.
  bool from_snapshot = false;

  // The request that the effect is committed under; its id is the event's.
  redis::Request request() const;
};

enum class Effect {
  // The cursor moved with it.
  kCommitted,
  // Nothing to do, or harmless to repeat: the cursor is moved now.
  kNone
};

using Handler = std::function<Task<absl::StatusOr<Effect>>(Delivery)>;

struct Source {
  std::string name;
  // Of the processes that serve its EventLogService.
  std::vector<std::shared_ptr<grpc::Channel>> channels;
};

struct ConsumerOptions {
  // The consuming service: it registers under this name.
  std::string service;
  redis::CursorStore& cursors;
  std::vector<Source> sources;
  // Where publishers tell of what they committed (ZeroMQ endpoints); may be empty, then heads are
  // compared only.
  std::vector<std::string> subscribe;
  int64_t compare_heads_ms = 2000;
  // The store takes commits in the order in which they were begun, every handler commits (it never
  // answers kNone), and begins to without waiting for anything. Then the events of a page are
  // handed over together, each with the move that goes on from the one before: a store that commits
  // together what waits together takes them at once. Behind one that fails, the others find the
  // cursor elsewhere and are taken again.
  bool pipelined = false;
};

class Consumer {
 public:
  Consumer(ConsumerOptions options, metrics::Metrics& metrics);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // Events of types without a handler are passed over. An empty type: every type of the source that
  // has no handler of its own.
  void On(std::string source, std::string type, Handler handler);
  // The sources that have handlers.
  std::vector<std::string> sources() const;
  // One more source, known only now. Before Start.
  void AddSource(Source source);
  // Sources without a channel are left out. A source has its channels by Start at the latest.
  void Start(Executor executor);
  // Waits for the events under way. The executor must be running.
  void Stop();
  // This process is the one that looks after the shop. What else is done by one process at a time
  // may go by it.
  bool Holds(const ShopId& shop) const;
  // The cursor stands at the head that the publisher told of within the last ten seconds.
  Task<bool> UpToDate(ShopId shop, std::string source);

  // For ConsumerService (events/consumer_service.h).
  Task<absl::StatusOr<std::vector<v1::ConsumerCursor>>> ListCursors(std::optional<ShopId> shop);
  // OK and handled, or why not. NOT_FOUND NO_SUCH_DEAD_LETTER.
  Task<absl::StatusOr<v1::RetryDeadLetterResponse>> Retry(ShopId shop, std::string source,
                                                          std::string event);
  redis::CursorStore& cursors();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kefu::events
