#include "gateway/edge/response_counter.h"

#include <string>

namespace kefu::gateway {

void ResponseCounter::Count(int status) {
  auto& slot = counters_[static_cast<size_t>(status) % kStatuses];
  metrics::Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &metrics_.AddCounter("kefu_edge_http_responses_total", "HTTP responses, by status.",
                                   {{"status", std::to_string(status)}});
    slot.store(counter, std::memory_order_release);
  }
  counter->Increment();
}

}  // namespace kefu::gateway
