// Aggregates in memory, for tests of what stands on them without a Redis. Passes the same contract
// suites as the real ones (tests/contract/aggregate_*_contract.h).
//
// What is stored is shown by Index, Log and Due, since nobody else can read it. Cursors move in the
// MemoryCursors given; those of {sys} do not exist. Thread-safe, as long as the clock is.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/common/redis/aggregates.h"
#include "tests/support/memory_cursors.h"

namespace kefu::test {

class MemoryAggregates final : public redis::Aggregates {
 public:
  using Index = std::map<std::string, std::string>;

  MemoryAggregates(std::string service, const Clock& clock, MemoryCursors& cursors)
      : service_(std::move(service)), clock_(clock), cursors_(cursors) {}

  using redis::Aggregates::ListShops;
  using redis::Aggregates::Update;
  Task<absl::StatusOr<redis::Snapshot>> Load(redis::AggregateId id) override;
  Task<absl::StatusOr<std::vector<redis::Snapshot>>> LoadMany(
      std::optional<ShopId> shop, std::string type, std::vector<std::string> ids) override;
  Task<absl::StatusOr<std::optional<redis::Committed>>> FindReplay(redis::AggregateId id,
                                                                   redis::Request request) override;
  Task<absl::StatusOr<redis::Committed>> Update(redis::AggregateId id, redis::Request request,
                                                Decide decide,
                                                std::optional<redis::CursorMove> move) override;
  Task<absl::StatusOr<std::vector<redis::IndexPlace>>> ReadIndex(
      std::optional<ShopId> shop, std::string index, std::optional<redis::IndexPlace> after,
      size_t count) override;
  Task<absl::Status> Remove(redis::AggregateId id, std::string index) override;
  Task<absl::StatusOr<std::vector<ShopId>>> ListShops(std::string after, size_t limit,
                                                      std::string index) override;

  // Members with their value or score, which sets leave empty.
  Index IndexOf(const std::optional<ShopId>& shop, const std::string& name) const;
  std::vector<events::v1::Envelope> Log(const std::optional<ShopId>& shop) const;
  // The timers that are due now, by name.
  std::map<std::string, TimePoint> Due(const std::optional<ShopId>& shop) const;
  void SetEpoch(const ShopId& shop, uint64_t epoch);
  // The state becomes this, by no commit: as somebody else wrote it.
  void Overwrite(const redis::AggregateId& id, std::string state);
  bool empty() const;

 private:
  struct Remembered {
    std::string id;
    std::string payload_hash;
    std::string result;
  };
  struct Record {
    uint64_t version = 0;
    std::string state;
    std::optional<Remembered> created_by;
    std::deque<Remembered> changed_by;
  };
  // What there is of one shop, or of {sys}.
  struct Scope {
    std::map<std::pair<std::string, std::string>, Record> records;  // by type and id
    std::map<std::string, Index> indexes;
    std::map<std::string, TimePoint> timers;
    std::deque<events::v1::Envelope> log;
    uint64_t head = 0;
    uint64_t epoch = 1;
    TimePoint last;
  };
  struct Attempt {
    redis::AggregateId id;
    redis::Request request;
    redis::Snapshot before;
    redis::Change change;
    std::optional<redis::CursorMove> move;
  };

  const Record* Find(const redis::AggregateId& id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const Scope* Find(const std::optional<ShopId>& shop) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TimePoint Now(const std::optional<ShopId>& shop) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  redis::Snapshot Read(const redis::AggregateId& id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What the request did; none if it is new.
  absl::StatusOr<std::optional<redis::Committed>> Replayed(const redis::AggregateId& id,
                                                           const redis::Request& request) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Move(const redis::AggregateId& id, const std::optional<redis::CursorMove>& move);
  absl::StatusOr<redis::Committed> Commit(Attempt attempt);
  absl::Status CheckWrites(const Attempt& attempt) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  redis::Committed Write(Attempt attempt) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<events::v1::Envelope> Append(const Attempt& attempt, TimePoint now, Scope* scope)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string service_;
  const Clock& clock_;
  MemoryCursors& cursors_;
  mutable absl::Mutex mutex_;
  std::map<std::optional<ShopId>, Scope> scopes_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> listed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::test
