// Which connections there are: bounds on their number, and reach to all of them when the server
// ends.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "services/common/metrics/metrics.h"

namespace kefu::gateway {

// What the table needs of a connection. Both may be called from any thread and return at once.
class OpenConnection {
 public:
  virtual ~OpenConnection() = default;
  // Finish what is under way, begin nothing new; streams are told.
  virtual void Drain() = 0;
  virtual void Close() = 0;
};

// Thread-safe.
class ConnectionTable {
 public:
  struct Limits {
    size_t total = 10'000;
    size_t per_address = 256;
  };
  ConnectionTable(const Limits& limits, metrics::Metrics& metrics);

  // Takes a place for a connection from `address`, or not. An empty address has no bound of its own
  // (a proxy's).
  bool Reserve(const std::string& address);
  void Release(const std::string& address);

  void Add(const std::shared_ptr<OpenConnection>& connection);
  void Remove(const OpenConnection* connection);

  // From now on Reserve gives nothing.
  void DrainAll();
  void CloseAll();
  // Whether no place was taken any more before the time was up. Blocks; not on an event loop.
  bool WaitUntilEmpty(int64_t bound_ms);
  bool draining() const;

 private:
  std::vector<std::shared_ptr<OpenConnection>> Snapshot() const;

  const Limits limits_;
  metrics::Gauge& open_;
  metrics::Counter& refused_total_;
  metrics::Counter& refused_address_;

  mutable absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  size_t reserved_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, size_t> by_address_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<const OpenConnection*, std::weak_ptr<OpenConnection>> connections_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway
