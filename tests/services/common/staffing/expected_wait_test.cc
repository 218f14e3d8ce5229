#include "services/common/staffing/expected_wait.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kefu::staffing {
namespace {

TEST(ExpectedWait, GivesTheReferenceValues) {
  EXPECT_NEAR(ExpectedWait({.servers = 50, .aht_s = 300}, 9), 60, 1e-9);
  EXPECT_NEAR(ExpectedWait({.servers = 50, .aht_s = 300, .patience_s = 180}, 9), 52.5401, 5e-5);
  EXPECT_NEAR(ExpectedWait({.servers = 1, .aht_s = 300}, 0), 300, 1e-9);
}

TEST(ExpectedWait, IsTheSumHoweverLongTheQueueIs) {
  for (const double patience : {1.0, 180.0, 1e6, 1e12}) {
    const Counter counter = {.servers = 7, .aht_s = 240, .patience_s = patience};
    double mean = 0, variance = 0;
    for (uint64_t ahead = 0; ahead < 5000; ++ahead) {
      const double rate = 7.0 / 240 + static_cast<double>(ahead) / patience;
      mean += 1 / rate;
      variance += 1 / (rate * rate);
      ASSERT_NEAR(ExpectedWait(counter, ahead) / mean, 1, 1e-11) << patience << " " << ahead;
      ASSERT_NEAR(ExpectedWaitDeviation(counter, ahead) / std::sqrt(variance), 1, 1e-11)
          << patience << " " << ahead;
    }
  }
}

TEST(ExpectedWait, IsThatOfPatientBuyersWhenPatienceGrows) {
  const Counter patient = {.servers = 3, .aht_s = 400};
  const Counter nearly = {.servers = 3, .aht_s = 400, .patience_s = 1e12};
  for (const uint64_t ahead : {0, 10, 1000}) {
    EXPECT_NEAR(ExpectedWait(nearly, ahead) / ExpectedWait(patient, ahead), 1, 1e-6);
    EXPECT_NEAR(ExpectedWaitDeviation(nearly, ahead) / ExpectedWaitDeviation(patient, ahead), 1,
                1e-6);
  }
}

TEST(PredictedRange, HoldsTheExpectedWaitAndTheLastOne) {
  const Counter counter = {.servers = 50, .aht_s = 300};
  const WaitRange alone = PredictWait(counter, 9, std::nullopt);
  EXPECT_NEAR(alone.low_s, 60 - 6 * std::sqrt(10), 1e-9);
  EXPECT_NEAR(alone.high_s, 60 + 6 * std::sqrt(10), 1e-9);
  const WaitRange slower = PredictWait(counter, 9, 130);
  EXPECT_EQ(slower.low_s, alone.low_s);
  EXPECT_NEAR(slower.high_s, 130 + 6 * std::sqrt(10), 1e-9);
  const WaitRange faster = PredictWait(counter, 9, 2);
  EXPECT_EQ(faster.low_s, 0);
  EXPECT_EQ(faster.high_s, alone.high_s);
}

}  // namespace
}  // namespace kefu::staffing
