#include "deploy/ctl/replay/latency.h"

#include <algorithm>

namespace kefu::ctl {

Percentiles Latencies::Compute() const {
  Percentiles out;
  if (values_us_.empty()) return out;
  std::vector<int64_t> sorted = values_us_;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = [&](size_t percent) {
    return sorted[(sorted.size() * percent + 99) / 100 - 1];
  };
  out.count = sorted.size();
  out.p50_us = rank(50);
  out.p90_us = rank(90);
  out.p99_us = rank(99);
  out.max_us = sorted.back();
  return out;
}

}  // namespace kefu::ctl
