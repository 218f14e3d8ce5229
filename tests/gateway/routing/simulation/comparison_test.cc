#include "gateway/routing/simulation/comparison.h"

#include <gtest/gtest.h>

#include "gateway/routing/simulation/report.h"
#include "services/common/base/status.h"
#include "tests/gateway/routing/simulation/simulation_fixture.h"

namespace kefu::gateway::routing::simulation {
namespace {

class ComparisonTest : public SimulationTest {
 protected:
  static Experiment TwoPolicies() {
    Experiment experiment{.policies = {FifoPolicy(), FifoPolicy()}};
    // A chat takes half of an agent instead of a fifth.
    experiment.policies[1] = Ok(ParsePolicy("heavier", R"({
      "groups": [{"group": "g"}], "defaultGroup": "g", "weights": {"widget": 50},
      "timeouts": {"wrapUp": "0s"}, "sticky": {"disabled": true}})"));
    experiment.arrivals.poisson =
        Ok(PoissonArrivals::Parse("rate=0.05,hours=2,priority.vip=0.2,category.order=0.5"));
    experiment.arrivals.service = Ok(Distribution::Parse("service", "exponential:240"));
    experiment.arrivals.patience = Ok(Distribution::Parse("patience", "exponential:180"));
    experiment.agents = EqualAgents(3, 100);
    experiment.repetitions = 3;
    return experiment;
  }

  Comparison Do(Experiment experiment) {
    return Ok(kefu::test::WaitFor(Compare(*redis_, std::move(experiment))));
  }

  static const Measured& Of(const Comparison& comparison, std::string_view figure) {
    for (const Measured& measured : comparison.slices.at(0).measured) {
      if (measured.figure == figure) return measured;
    }
    ADD_FAILURE() << "no figure " << figure;
    return comparison.slices[0].measured[0];
  }
};

TEST_F(ComparisonTest, TheSameSeedGivesTheSameBytes) {
  const Comparison once = Do(TwoPolicies());
  const Comparison again = Do(TwoPolicies());
  EXPECT_EQ(ReportText(once), ReportText(again));
  EXPECT_EQ(ReportJson(once), ReportJson(again));
  Experiment other = TwoPolicies();
  other.seed = 99;
  EXPECT_NE(ReportJson(once), ReportJson(Do(std::move(other))));
}

TEST_F(ComparisonTest, BothPoliciesSeeTheSameBuyers) {
  const Comparison comparison = Do(TwoPolicies());
  EXPECT_EQ(Of(comparison, "arrivals").difference.mean, 0);
  EXPECT_EQ(Of(comparison, "arrivals").difference.half_width, 0);
  EXPECT_GT(Of(comparison, "abandonment").difference.mean, 0) << "six slots instead of fifteen";
  EXPECT_LT(Of(comparison, "service_level").difference.mean, 0);
}

TEST_F(ComparisonTest, APolicyAgainstItselfDiffersInNothing) {
  Experiment experiment = TwoPolicies();
  experiment.policies[1] = experiment.policies[0];
  const Comparison comparison = Do(std::move(experiment));
  for (const Measured& measured : comparison.slices.at(0).measured) {
    EXPECT_EQ(measured.difference.mean, 0) << measured.figure;
    EXPECT_EQ(measured.difference.half_width, 0) << measured.figure;
  }
}

TEST_F(ComparisonTest, SaysItForEachValueOfATrait) {
  const Comparison comparison = Do(TwoPolicies());
  std::vector<std::string> names;
  double arrivals = 0;
  for (const Slice& slice : comparison.slices) {
    names.push_back(slice.trait + " " + slice.value);
    if (slice.trait == "priority") arrivals += slice.measured.at(0).values.at(0).mean;
  }
  EXPECT_EQ(names, (std::vector<std::string>{" ", "category order", "category unspecified",
                                             "priority normal", "priority vip"}));
  EXPECT_DOUBLE_EQ(arrivals, Of(comparison, "arrivals").values[0].mean);
}

TEST_F(ComparisonTest, WhatIsNotRandomIsDoneOnce) {
  Experiment experiment = TwoPolicies();
  experiment.arrivals = {};
  experiment.arrivals.recorded = {{.at_ms = 1000, .service_ms = 1000},
                                  {.at_ms = 1500, .service_ms = 1000}};
  const Comparison comparison = Do(std::move(experiment));
  EXPECT_EQ(comparison.repetitions, 1);
  EXPECT_EQ(comparison.simulated_sessions, 4u);
}

TEST_F(ComparisonTest, RefusesWhatMakesNoSense) {
  Experiment nobody = TwoPolicies();
  nobody.agents.clear();
  const auto refused = kefu::test::WaitFor(Compare(*redis_, std::move(nobody)));
  EXPECT_EQ(FieldViolationsOf(refused.status()).at(0).field, "agents");
  Experiment slow = TwoPolicies();
  slow.run.slowdown = 1.5;
  const auto too_slow = kefu::test::WaitFor(Compare(*redis_, std::move(slow)));
  EXPECT_EQ(FieldViolationsOf(too_slow.status()).at(0).field, "slowdown");
}

}  // namespace
}  // namespace kefu::gateway::routing::simulation
