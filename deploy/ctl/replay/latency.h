// Latencies of a run and their percentiles. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kefu::ctl {

struct Percentiles {
  size_t count = 0;
  int64_t p50_us = 0, p90_us = 0, p99_us = 0, max_us = 0;
};

class Latencies {
 public:
  void Add(int64_t us) { values_us_.push_back(us); }
  // Nearest rank: the p-th percentile is the smallest value that at least p % of the values do not
  // exceed. All 0 if there is no value.
  Percentiles Compute() const;

 private:
  std::vector<int64_t> values_us_;
};

}  // namespace kefu::ctl
