// A log of events in Redis, whatever its elements look like: what all outboxes have in common
// (reading by position, heads, registration of consumers, epochs, trimming). The functions are
// redis/functions/outbox.lua.
//
// Threads: thread-safe. `shards` outlives it. Errors: those of Outbox.
#pragma once

#include <absl/status/statusor.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/kefu/events/v1/service.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/function.h"
#include "services/common/redis/shard_map.h"
#include "services/common/server/unary.h"

namespace kefu::events {

struct StoredLogLayout {
  // Of the keys and the functions, e.g. "orders".
  std::string service;
  // Names of the keys after `kf:<service>:{shop}:`.
  std::string stream = "outbox";
  std::string consumers = "consumers";
  // Field of `meta` with the head, and of an element with its time.
  std::string head_field = "outbox";
  std::string time_field = "t";
  // Field of `meta` in which a reader of the service's own keeps its position, if it has one:
  // nothing above it is trimmed before its time.
  std::string reader_field;
};

struct StoredElement {
  uint64_t seq = 0;
  // Names and values in turn, see redis::Value::Field.
  redis::Value fields;
};

struct StoredPage {
  uint64_t store_epoch = 0;
  uint64_t head_seq = 0;
  // The shop's time.
  TimePoint time;
  std::vector<StoredElement> elements;
};

class StoredLog {
 public:
  // At most `limit` shops after `after`, in the order of their names.
  using ListShops =
      std::function<Task<absl::StatusOr<std::vector<ShopId>>>(std::string after, size_t limit)>;

  StoredLog(redis::ShardMap& shards, StoredLogLayout layout, ListShops list_shops,
            const Clock* test_clock = nullptr);

  // Elements after `after_seq`, at most `limit` of them and about 2 MiB. Epoch 0 is whichever is in
  // force. LOG_TRIMMED if elements after the position are gone; but with epoch 0 and position 0 the
  // answer begins with what is kept.
  Task<absl::StatusOr<StoredPage>> Read(server::CallScope scope, ShopId shop, uint64_t after_seq,
                                        uint64_t store_epoch, uint32_t limit);
  // Epoch, head and time only.
  Task<absl::StatusOr<StoredPage>> Head(server::CallScope scope, ShopId shop);
  // Shops of cells that do not answer are left out, which is logged; an error if none answers.
  Task<absl::StatusOr<v1::ListHeadsResponse>> ListHeads(server::CallScope scope,
                                                        v1::ListHeadsRequest request);
  Task<absl::Status> ReportCursors(server::CallScope scope, v1::ReportCursorsRequest request);
  Task<absl::StatusOr<uint64_t>> RaiseEpoch(server::CallScope scope, ShopId shop,
                                            uint64_t observed);
  Task<absl::StatusOr<uint64_t>> Trim(ShopId shop);

  std::string Key(const ShopId& shop, std::string_view name) const;
  redis::ShardMap& shards() { return shards_; }

 private:
  // The shops of one page that live in one cell, and what it answered.
  struct Cell {
    std::vector<ShopId> shops;
    std::vector<v1::ListHeadsResponse::Head> heads;
    absl::Status status;
  };
  Task<> AskForHeads(redis::Client* client, int64_t timeout_ms, Cell* cell);
  void TellOfMissing(const Cell& cell);
  redis::FunctionCall Prepare(std::string_view verb, std::vector<std::string> keys,
                              std::vector<std::string> arguments) const;

  redis::ShardMap& shards_;
  const StoredLogLayout layout_;
  const ListShops list_shops_;
  const Clock* const test_clock_;
  std::atomic<int64_t> told_of_missing_ms_{0};
};

// How many events a page of a log holds: 200 unless asked for, 1000 at most.
uint32_t ReadPageSize(const v1::ReadRequest& request);
// Whether the reader asked for events of this type.
bool Wanted(const v1::ReadRequest& request, std::string_view type);
// What one answer may hold in all.
inline constexpr size_t kMaxPageBytes = 2 << 20;

void SetTime(v1::Envelope* envelope, TimePoint time);

// The envelope of a snapshot's event: seq 0, an id made of source, type, subject and version, so
// that the same state is the same event.
struct SnapshotItem {
  std::string_view type;
  std::string_view subject;
  std::string version;
  std::string data;
  uint32_t record_version = 1;
};
v1::Envelope SnapshotEnvelope(std::string_view source, const ShopId& shop, const StoredPage& head,
                              SnapshotItem item);
// 200 unless asked for, 500 at most.
uint32_t SnapshotPageSize(const v1::SnapshotRequest& request);

}  // namespace kefu::events
