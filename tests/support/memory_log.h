// A publisher's log in memory (MemoryOutbox), served over gRPC as the real ones are, that can be
// away; its pages are small, so that pages are turned. Thread-safe.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/redis/cursors.h"
#include "tests/support/memory_outbox.h"

namespace kefu::test {

class MemoryLog final : public events::v1::EventLogService::CallbackService {
 public:
  explicit MemoryLog(std::string source) : outbox_(std::move(source), clock_) {}

  // Answers the envelope as it stands in the log. Without `data` it says which event it is.
  events::v1::Envelope Append(const ShopId& shop, const std::string& type,
                              const std::string& subject = "thing", const std::string& data = "") {
    return outbox_.Append(shop, type, subject, data);
  }
  // Events above `kept` were never there; the epoch stays.
  void LoseTail(const ShopId& shop, uint64_t kept) { outbox_.LoseTail(shop, kept); }
  void RaiseEpoch(const ShopId& shop) { Restore(shop, head(shop).seq); }
  // Both in one step, as an operator does who restores a backup.
  void Restore(const ShopId& shop, uint64_t kept) { outbox_.LoseTail(shop, kept, true); }
  // Events below `first` are gone.
  void Trim(const ShopId& shop, uint64_t first) { outbox_.DropBefore(shop, first); }
  // While not, every call is UNAVAILABLE.
  void SetReachable(bool reachable) { reachable_ = reachable; }

  redis::Cursor head(const ShopId& shop) const { return outbox_.head(shop); }
  std::vector<events::v1::Envelope> events(const ShopId& shop) const {
    return outbox_.events(shop);
  }
  // What a consumer reported last.
  redis::Cursor reported(const std::string& consumer, const ShopId& shop) const {
    return outbox_.reported(consumer, shop);
  }
  int reads() const { return reads_; }
  // Is called once: in the next reading, when it is decided what is answered.
  void InNextRead(std::function<void()> then) {
    absl::MutexLock lock(&mutex_);
    in_next_read_ = std::move(then);
  }

  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context,
                                 const events::v1::ReadRequest* request,
                                 events::v1::ReadResponse* response) override;
  grpc::ServerUnaryReactor* ListHeads(grpc::CallbackServerContext* context,
                                      const events::v1::ListHeadsRequest* request,
                                      events::v1::ListHeadsResponse* response) override;
  grpc::ServerUnaryReactor* ReportCursors(grpc::CallbackServerContext* context,
                                          const events::v1::ReportCursorsRequest* request,
                                          events::v1::ReportCursorsResponse* response) override;
  grpc::ServerUnaryReactor* Snapshot(grpc::CallbackServerContext* context,
                                     const events::v1::SnapshotRequest* request,
                                     events::v1::SnapshotResponse* response) override;
  grpc::ServerUnaryReactor* RaiseEpoch(grpc::CallbackServerContext* context,
                                       const events::v1::RaiseEpochRequest* request,
                                       events::v1::RaiseEpochResponse* response) override;

 private:
  const SystemClock clock_;
  MemoryOutbox outbox_;
  std::atomic<bool> reachable_{true};
  std::atomic<int> reads_{0};
  absl::Mutex mutex_;
  std::function<void()> in_next_read_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::test
