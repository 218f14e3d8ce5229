#include "deploy/ctl/replay/latency.h"

#include <gtest/gtest.h>

namespace kefu::ctl {
namespace {

TEST(Latency, PercentilesAreByNearestRankWhateverTheOrder) {
  Latencies latencies;
  for (int64_t us = 200; us >= 1; --us) latencies.Add(us);
  const Percentiles got = latencies.Compute();
  EXPECT_EQ(got.count, 200u);
  EXPECT_EQ(got.p50_us, 100);
  EXPECT_EQ(got.p90_us, 180);
  EXPECT_EQ(got.p99_us, 198);
  EXPECT_EQ(got.max_us, 200);
}

TEST(Latency, OneValueIsEveryPercentile) {
  Latencies latencies;
  latencies.Add(7);
  const Percentiles got = latencies.Compute();
  EXPECT_EQ(got.p50_us, 7);
  EXPECT_EQ(got.p99_us, 7);
  EXPECT_EQ(got.max_us, 7);
}

TEST(Latency, NothingMeasuredIsZero) { EXPECT_EQ(Latencies().Compute().max_us, 0); }

}  // namespace
}  // namespace kefu::ctl
