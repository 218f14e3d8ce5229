// HTTP responses by status: what no call metric shows, such as refusals of malformed requests.
#pragma once

#include <array>
#include <atomic>

#include "services/common/metrics/metrics.h"

namespace kefu::gateway {

// Thread-safe; look-ups without a lock after the first of a status.
class ResponseCounter {
 public:
  explicit ResponseCounter(metrics::Metrics& metrics) : metrics_(metrics) {}
  void Count(int status);

 private:
  static constexpr size_t kStatuses = 600;
  metrics::Metrics& metrics_;
  std::array<std::atomic<metrics::Counter*>, kStatuses> counters_{};
};

}  // namespace kefu::gateway
