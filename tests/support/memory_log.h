// A publisher's log in memory, served over gRPC as the real ones are, that can lose its tail, be
// trimmed, and be away. Thread-safe.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/base/ids.h"
#include "services/common/redis/cursors.h"

namespace kefu::test {

class MemoryLog final : public events::v1::EventLogService::CallbackService {
 public:
  explicit MemoryLog(std::string source) : source_(std::move(source)) {}

  // Answers the envelope as it stands in the log. Without `data` it says which event it is.
  events::v1::Envelope Append(const ShopId& shop, const std::string& type,
                              const std::string& subject = "thing", const std::string& data = "");
  // Events above `kept` were never there; the epoch stays.
  void LoseTail(const ShopId& shop, uint64_t kept);
  void RaiseEpoch(const ShopId& shop);
  // Both in one step, as an operator does who restores a backup.
  void Restore(const ShopId& shop, uint64_t kept);
  // Events below `first` are gone.
  void Trim(const ShopId& shop, uint64_t first);
  // While not, every call is UNAVAILABLE.
  void SetReachable(bool reachable) { reachable_ = reachable; }

  redis::Cursor head(const ShopId& shop) const;
  std::vector<events::v1::Envelope> events(const ShopId& shop) const;
  // What a consumer reported last.
  redis::Cursor reported(const std::string& consumer, const ShopId& shop) const;
  int reads() const { return reads_; }

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
  struct Shop {
    uint64_t epoch = 1;
    uint64_t head = 0;
    std::vector<events::v1::Envelope> events;
    uint64_t first() const { return head - events.size() + 1; }
  };

  grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, absl::Status status) const;
  absl::Status ReadLocked(const events::v1::ReadRequest& request,
                          events::v1::ReadResponse* response) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void Cut(Shop& log, uint64_t kept);
  Shop& ShopOf(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return shops_[name];
  }

  const std::string source_;
  std::atomic<bool> reachable_{true};
  std::atomic<int> reads_{0};
  mutable absl::Mutex mutex_;
  mutable std::map<std::string, Shop> shops_ ABSL_GUARDED_BY(mutex_);
  mutable std::map<std::pair<std::string, std::string>, redis::Cursor> reported_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::test
