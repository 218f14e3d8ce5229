// What operators see of logistics. Names are pinned by a test.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "services/common/metrics/metrics.h"

namespace kefu::logistics::rpc {

class LogisticsMetrics {
 public:
  explicit LogisticsMetrics(metrics::Metrics& metrics) : metrics_(metrics) {}

  // "added", "unchanged" (was here before), "refused".
  void CountEvents(std::string_view outcome, size_t count) {
    if (count == 0) return;
    Counter("kefu_logistics_tracking_events_total", "Tracking events taken in, by outcome.",
            "outcome", outcome)
        .Increment(static_cast<double>(count));
  }
  void CountUnknownStatuses(std::string_view source, size_t count) {
    if (count == 0) return;
    Counter("kefu_logistics_unknown_statuses_total", "Codes that no table knows, by source.",
            "source", source)
        .Increment(static_cast<double>(count));
  }
  // "received", "duplicate", "processed", "unreadable" (not at all, or not all of it).
  void CountPush(std::string_view outcome) {
    Counter("kefu_logistics_pushes_total", "Bodies that carriers pushed, by what became of them.",
            "outcome", outcome)
        .Increment();
  }

 private:
  metrics::Counter& Counter(const char* name, const char* help, const char* label,
                            std::string_view value) {
    return metrics_.AddCounter(name, help, {{label, std::string(value)}});
  }

  metrics::Metrics& metrics_;
};

}  // namespace kefu::logistics::rpc
