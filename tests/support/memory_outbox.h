// An Outbox in memory, for tests of what reads one. Passes the same contract suite as the real one
// (tests/contract/outbox_contract.h); besides, it can lose its tail and its beginning at will.
//
// An event shows the state of its subject: a snapshot is the last event of each subject, whether it
// is still in the log or not. Thread-safe, as long as the clock is; nothing waits.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <string>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/events/outbox.h"
#include "services/common/redis/cursors.h"

namespace kefu::test {

class MemoryOutbox final : public events::Outbox {
 public:
  MemoryOutbox(std::string source, const Clock& clock)
      : source_(std::move(source)), clock_(clock) {}

  // Answers the envelope as it stands in the log. Without `data` it says which event it is.
  events::v1::Envelope Append(const ShopId& shop, const std::string& type,
                              const std::string& subject, const std::string& data = "",
                              uint32_t record_version = 1);
  // Events above `kept` were never there. With `new_epoch` in one step with a new epoch, as an
  // operator does who restores a backup; without, the epoch stays.
  void LoseTail(const ShopId& shop, uint64_t kept, bool new_epoch = false);
  // Events below `first` are gone.
  void DropBefore(const ShopId& shop, uint64_t first);

  redis::Cursor head(const ShopId& shop) const;
  // What is kept.
  std::vector<events::v1::Envelope> events(const ShopId& shop) const;
  // What a consumer reported last.
  redis::Cursor reported(const std::string& consumer, const ShopId& shop) const;

  const std::string& source() const override { return source_; }
  Task<absl::StatusOr<events::v1::ReadResponse>> Read(server::CallScope scope, ShopId shop,
                                                      events::v1::ReadRequest request) override;
  Task<absl::StatusOr<events::v1::ListHeadsResponse>> ListHeads(
      server::CallScope scope, events::v1::ListHeadsRequest request) override;
  Task<absl::Status> ReportCursors(server::CallScope scope,
                                   events::v1::ReportCursorsRequest request) override;
  Task<absl::StatusOr<events::v1::SnapshotResponse>> Snapshot(
      server::CallScope scope, ShopId shop, events::v1::SnapshotRequest request) override;
  Task<absl::StatusOr<uint64_t>> RaiseEpoch(server::CallScope scope, ShopId shop,
                                            uint64_t observed) override;
  Task<absl::StatusOr<uint64_t>> Trim(ShopId shop) override;

 private:
  struct Report {
    redis::Cursor position;
    TimePoint time;
  };
  struct Shop {
    uint64_t epoch = 1;
    // The first position that is kept.
    uint64_t first = 1;
    // Everything that was ever appended and not lost, by position from 1.
    std::vector<events::v1::Envelope> all;
    std::map<std::string, Report> reports;
    TimePoint last;
    bool listed = false;

    uint64_t head() const { return all.size(); }
    const events::v1::Envelope& at(uint64_t seq) const { return all[seq - 1]; }
  };

  // As it is, without making one.
  const Shop& Look(const ShopId& shop) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TimePoint Now(const Shop& log) const;

  const std::string source_;
  const Clock& clock_;
  const Shop none_;
  mutable absl::Mutex mutex_;
  std::map<ShopId, Shop> shops_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::test
