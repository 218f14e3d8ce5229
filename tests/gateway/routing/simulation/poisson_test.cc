// Long runs of Poisson arrivals against the formulas of Erlang and Palm, whose values stand in
// Staffing's reference table: what is simulated must agree within the interval of its repetitions.
#include <gtest/gtest.h>

#include <functional>

#include "gateway/routing/simulation/comparison.h"
#include "tests/gateway/routing/simulation/simulation_fixture.h"

namespace kefu::gateway::routing::simulation {
namespace {

struct Queue {
  const char* poisson;
  const char* service;
  const char* patience;
  std::vector<SimulatedAgent> agents;
  double slowdown = 0;
  int64_t threshold_ms = 20'000;
};

class PoissonTest : public SimulationTest {
 protected:
  // Ten repetitions after a warm-up of half an hour.
  void Repeat(Queue queue) {
    Experiment experiment{.policies = {FifoPolicy()}};
    experiment.arrivals.poisson = Ok(PoissonArrivals::Parse(queue.poisson));
    experiment.arrivals.service = Ok(Distribution::Parse("service", queue.service));
    experiment.arrivals.patience = Ok(Distribution::Parse("patience", queue.patience));
    experiment.agents = std::move(queue.agents);
    experiment.seed = 1;
    experiment.repetitions = 10;
    experiment.threshold_ms = queue.threshold_ms;
    experiment.run = {.slowdown = queue.slowdown, .warm_up_ms = 1'800'000};
    comparison_ = Ok(kefu::test::WaitFor(simulation::Compare(*redis_, std::move(experiment))));
  }

  // Within twice the 95 % interval: about five standard errors, and each test looks at several.
  void Expect(std::string_view figure, double theory) {
    for (const Measured& measured : comparison_.slices.at(0).measured) {
      if (measured.figure != figure) continue;
      const Estimate& value = measured.values.front();
      EXPECT_NEAR(value.mean, theory, 2 * value.half_width) << figure;
      EXPECT_LT(value.half_width, theory * 0.25) << figure << ": too wide to say anything";
      return;
    }
    FAIL() << "no figure " << figure;
  }

  Comparison comparison_;
};

TEST_F(PoissonTest, AgreesWithErlangCForOneServer) {
  Repeat({"rate=0.0133333333,hours=100", "exponential:60", "never", EqualAgents(1, 20)});
  Expect("waited", 0.8);
  Expect("queue_mean", 240);
  Expect("service_level", 0.251594);
  Expect("occupancy", 0.8);
}

TEST_F(PoissonTest, AgreesWithErlangCForFourteenServers) {
  Repeat({"rate=0.0555555556,hours=35", "exponential:180", "never", EqualAgents(14, 20)});
  Expect("waited", 0.174132);
  Expect("queue_mean", 7.83594);
  Expect("service_level", 0.888350);
  Expect("occupancy", 10.0 / 14);
}

TEST_F(PoissonTest, ChatsAtTheSameTimeAreServersIfTheySlowNobodyDown) {
  Repeat({"rate=0.0166666667,hours=40", "exponential:60", "never", EqualAgents(1, 40)});
  Expect("waited", 1.0 / 3);
  Expect("queue_mean", 20);
  Expect("service_level", 0.761156);
}

TEST_F(PoissonTest, AgreesWithErlangAWhenBuyersGiveUp) {
  Repeat({"rate=0.0555555556,hours=15", "exponential:180", "exponential:120", EqualAgents(10, 20)});
  Expect("waited", 0.496853);
  Expect("abandonment", 0.137464);
  Expect("queue_mean", 16.4957);
  Expect("occupancy", 0.862536);
  Expect("service_level", 0.639941);
}

// Constant-rate processor sharing with three slots at load 0.8.
TEST_F(PoissonTest, AgreesWithProcessorSharingWhenAnAgentDividesItself) {
  Repeat({"rate=0.0133333333,hours=100", "exponential:60", "never", EqualAgents(1, 60), 1});
  Expect("waited", 0.512);
  Expect("queue_mean", 2.56 * 60);
  Expect("occupancy", (0.8 * 0.2 * 1 + 0.64 * 0.2 * 2 + 0.512 * 3) / 3);
}

}  // namespace
}  // namespace kefu::gateway::routing::simulation
