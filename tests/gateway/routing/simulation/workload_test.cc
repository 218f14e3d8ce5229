#include "gateway/routing/simulation/workload.h"

#include <gtest/gtest.h>

#include <cmath>

#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

template <class T>
T Ok(absl::StatusOr<T> result) {
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : T{};
}

std::string FieldOf(const absl::Status& status) {
  const std::vector<FieldViolation> violations = FieldViolationsOf(status);
  return violations.empty() ? "" : violations.front().field;
}

ArrivalSource Poisson(const char* text) {
  ArrivalSource source;
  source.poisson = Ok(PoissonArrivals::Parse(text));
  source.service = Ok(Distribution::Parse("service", "exponential:60"));
  source.patience = Ok(Distribution::Parse("patience", "exponential:120"));
  return source;
}

TEST(WorkloadTest, TheSameSeedGivesTheSameWorkload) {
  const ArrivalSource source = Poisson("rate=0.5,hours=1,priority.vip=0.2");
  const auto once = Draw(source, 7);
  const auto again = Draw(source, 7);
  const auto other = Draw(source, 8);
  ASSERT_EQ(once.size(), again.size());
  for (size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].at_ms, again[i].at_ms);
    EXPECT_EQ(once[i].service_ms, again[i].service_ms);
    EXPECT_EQ(once[i].patience_ms, again[i].patience_ms);
    EXPECT_EQ(once[i].traits, again[i].traits);
  }
  EXPECT_NE(once.front().at_ms, other.front().at_ms);
}

TEST(WorkloadTest, AnotherPatienceLeavesArrivalsAndServiceAsTheyWere) {
  ArrivalSource source = Poisson("rate=0.5,hours=1");
  const auto before = Draw(source, 7);
  source.patience = {};
  const auto after = Draw(source, 7);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].at_ms, after[i].at_ms);
    EXPECT_EQ(before[i].service_ms, after[i].service_ms);
    EXPECT_FALSE(after[i].patience_ms.has_value());
  }
}

TEST(WorkloadTest, PoissonHasItsRateSharesAndMeans) {
  const auto sessions = Draw(Poisson("rate=2,hours=20,priority.vip=0.2,language.en=0.5"), 1);
  const double count = static_cast<double>(sessions.size());
  // 144,000 expected, five standard deviations.
  EXPECT_NEAR(count, 144'000, 5 * std::sqrt(144'000));
  double vips = 0, english = 0, service = 0, patience = 0;
  for (const SimulatedSession& session : sessions) {
    vips += session.traits.priority == "vip" ? 1 : 0;
    english += session.traits.language == "en" ? 1 : 0;
    service += static_cast<double>(session.service_ms) / 1000;
    patience += static_cast<double>(*session.patience_ms) / 1000;
  }
  EXPECT_NEAR(vips / count, 0.2, 0.006);
  EXPECT_NEAR(english / count, 0.5, 0.007);
  EXPECT_NEAR(service / count, 60, 0.8);
  EXPECT_NEAR(patience / count, 120, 1.6);
}

TEST(WorkloadTest, LognormalHasItsMeanAndVariation) {
  const Distribution distribution = Ok(Distribution::Parse("service", "lognormal:400:0.7"));
  Random random(3, "test");
  constexpr int kCount = 200'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double seconds = static_cast<double>(distribution.SampleMs(random)) / 1000;
    sum += seconds;
    squares += seconds * seconds;
  }
  const double mean = sum / kCount;
  EXPECT_NEAR(mean, 400, 4);
  EXPECT_NEAR(std::sqrt(squares / kCount - mean * mean) / mean, 0.7, 0.02);
}

TEST(WorkloadTest, RecordedTimesStandAndSpeedBringsThemCloser) {
  ArrivalSource source;
  source.recorded = {{.at_ms = 9'000, .service_ms = 5}, {.at_ms = 1'000, .service_ms = 6}};
  source.speed = 2;
  EXPECT_FALSE(source.random());
  const auto sessions = Draw(source, 1);
  EXPECT_EQ(sessions[0].at_ms, 1'000);
  EXPECT_EQ(sessions[0].service_ms, 6);
  EXPECT_EQ(sessions[1].at_ms, 5'000);
}

TEST(WorkloadTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(FieldOf(PoissonArrivals::Parse("hours=1").status()), "poisson.rate");
  EXPECT_EQ(FieldOf(PoissonArrivals::Parse("rate=0,hours=1").status()), "poisson.rate");
  EXPECT_EQ(FieldOf(PoissonArrivals::Parse("rate=1").status()), "poisson.hours");
  EXPECT_EQ(FieldOf(PoissonArrivals::Parse("rate=1,hours=1,priority.top=0.1").status()),
            "poisson.priority.top");
  EXPECT_EQ(
      FieldOf(PoissonArrivals::Parse("rate=1,hours=1,language.a=0.6,language.b=0.6").status()),
      "poisson.language.b");
  EXPECT_EQ(FieldOf(Distribution::Parse("patience", "exponential:-3").status()), "patience");
  EXPECT_EQ(FieldOf(Distribution::Parse("service", "normal:3").status()), "service");
  EXPECT_EQ(FieldOf(ArrivalSource{}.Check()), "arrivals");
  ArrivalSource open;
  open.recorded = {{.at_ms = 1}};
  EXPECT_EQ(FieldOf(open.Check()), "service");
}

}  // namespace
}  // namespace kefu::gateway::routing::simulation
