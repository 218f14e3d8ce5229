#include "gateway/routing/simulation/figures.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kefu::gateway::routing::simulation {
namespace {

using End = SessionResult::End;

SessionResult Served(int64_t wait_ms, int64_t handling_ms) {
  return {.end = End::kServed,
          .arrived_ms = 1000,
          .served_ms = 1000 + wait_ms,
          .ended_ms = 1000 + wait_ms + handling_ms,
          .owners = 1};
}

TEST(FiguresTest, ArePercentilesSharesAndMeansOfWhatIsCounted) {
  RunResult run;
  for (int i = 1; i <= 100; ++i) run.sessions.push_back(Served((i - 1) * 1000, 30'000));
  for (int i = 0; i < 25; ++i) {
    run.sessions.push_back({.end = End::kAbandoned, .arrived_ms = 1000, .ended_ms = 11'000});
  }
  SessionResult warm_up = Served(500'000, 1);
  warm_up.counted = false;
  run.sessions.push_back(warm_up);

  const Figures figures = Measure(run, 20'000);
  EXPECT_EQ(figures.arrivals, 125);
  EXPECT_EQ(figures.served, 100);
  EXPECT_EQ(figures.abandoned, 25);
  EXPECT_DOUBLE_EQ(figures.abandonment, 0.2);
  EXPECT_DOUBLE_EQ(figures.service_level, 21.0 / 125);
  EXPECT_DOUBLE_EQ(figures.waited, 124.0 / 125);
  EXPECT_DOUBLE_EQ(figures.wait_mean, 49.5);
  EXPECT_DOUBLE_EQ(figures.wait_p50, 49);
  EXPECT_DOUBLE_EQ(figures.wait_p90, 89);
  EXPECT_DOUBLE_EQ(figures.wait_p99, 98);
  EXPECT_DOUBLE_EQ(figures.wait_max, 99);
  EXPECT_DOUBLE_EQ(figures.queue_mean, (4950.0 + 250) / 125);
  EXPECT_DOUBLE_EQ(figures.handling_mean, 30);
}

TEST(FiguresTest, TheSpreadIsOverAgentsWhoWereAtWork) {
  RunResult run;
  run.agents = {{.sessions = 10, .capacity_ms = 100, .used_ms = 20},
                {.sessions = 30, .capacity_ms = 300, .used_ms = 180},
                {.sessions = 0, .capacity_ms = 0, .used_ms = 0}};
  const Figures figures = Measure(run, 0);
  EXPECT_DOUBLE_EQ(figures.occupancy, 0.5);
  EXPECT_DOUBLE_EQ(figures.occupancy_variation, 0.2 / 0.4);
  EXPECT_DOUBLE_EQ(figures.occupancy_max_by_mean, 1.5);
  EXPECT_DOUBLE_EQ(figures.sessions_variation, 0.5);
  EXPECT_DOUBLE_EQ(figures.sessions_max_by_mean, 1.5);
}

TEST(FiguresTest, OfNothingAreZero) {
  for (const FigureInfo& info : AllFigures()) EXPECT_EQ(Measure({}, 0).*info.value, 0);
}

TEST(EstimateTest, IsTheMeanAndStudentsInterval) {
  const Estimate estimate = EstimateOf({4, 6, 8});
  EXPECT_DOUBLE_EQ(estimate.mean, 6);
  EXPECT_NEAR(estimate.half_width, 4.303 * 2 / std::sqrt(3), 1e-9);
  EXPECT_EQ(EstimateOf({5}).half_width, 0);
}

}  // namespace
}  // namespace kefu::gateway::routing::simulation
