#include "gateway/edge/call_metrics.h"

#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

constexpr char kCalls[] = "kefu_edge_calls_total";
constexpr char kCallsHelp[] = "Calls answered, by method and code.";

}  // namespace

CallMetrics::CallMetrics(metrics::Metrics& metrics, const Registry& registry)
    : metrics_(metrics),
      unknown_(metrics.AddCounter(kCalls, kCallsHelp,
                                  {{"method", "unknown"}, {"code", "UNIMPLEMENTED"}})),
      shed_(metrics.AddCounter("kefu_edge_shed_total", "Calls refused because of too much load.")),
      streams_(metrics.AddGauge("kefu_edge_streams", "Server streams open.")) {
  for (const auto& [path, method] : registry.methods()) {
    auto entry = std::make_unique<PerMethod>();
    if (method.unary) {
      entry->seconds = &metrics.AddLatency("kefu_edge_call_seconds", "Time to answer a unary call.",
                                           {{"method", path}});
    }
    methods_.emplace(&method, std::move(entry));
  }
}

void CallMetrics::Count(const Method& method, absl::StatusCode code, int64_t took_us) {
  PerMethod& entry = *methods_.at(&method);
  auto& slot = entry.calls[static_cast<size_t>(code) % kCodes];
  metrics::Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    const std::string name = code == absl::StatusCode::kOk ? "OK" : absl::StatusCodeToString(code);
    counter = &metrics_.AddCounter(kCalls, kCallsHelp, {{"method", method.path}, {"code", name}});
    slot.store(counter, std::memory_order_release);
  }
  counter->Increment();
  if (entry.seconds != nullptr) entry.seconds->Observe(static_cast<double>(took_us) / 1e6);
}

}  // namespace kefu::gateway
