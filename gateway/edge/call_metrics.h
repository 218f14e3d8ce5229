// Counts and latencies of calls by method and code.
#pragma once

#include <absl/status/status.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "gateway/edge/registry.h"
#include "services/common/metrics/metrics.h"

namespace kefu::gateway {

// Thread-safe; look-ups without a lock after the first of a kind.
class CallMetrics {
 public:
  CallMetrics(metrics::Metrics& metrics, const Registry& registry);

  void Count(const Method& method, absl::StatusCode code, int64_t took_us);
  void CountUnknown() { unknown_.Increment(); }
  void CountShed() { shed_.Increment(); }
  void StreamBegan() { streams_.Increment(); }
  void StreamEnded() { streams_.Decrement(); }

 private:
  static constexpr size_t kCodes = 17;
  struct PerMethod {
    metrics::Histogram* seconds = nullptr;  // null for streams
    std::array<std::atomic<metrics::Counter*>, kCodes> calls{};
  };

  metrics::Metrics& metrics_;
  std::map<const Method*, std::unique_ptr<PerMethod>> methods_;
  metrics::Counter& unknown_;
  metrics::Counter& shed_;
  metrics::Gauge& streams_;
};

}  // namespace kefu::gateway
