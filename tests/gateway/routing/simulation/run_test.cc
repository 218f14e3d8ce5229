// Small worlds whose outcome can be worked out by hand.
#include "gateway/routing/simulation/run.h"

#include <gtest/gtest.h>

#include <atomic>

#include "services/common/base/status.h"
#include "tests/gateway/routing/simulation/simulation_fixture.h"

namespace kefu::gateway::routing::simulation {
namespace {

using End = SessionResult::End;

using RunTest = SimulationTest;

// A chat weighs 20.
std::vector<SimulatedAgent> One(uint32_t slots) { return EqualAgents(1, 20 * slots); }

TEST_F(RunTest, TheSecondWaitsUntilTheFirstIsDone) {
  const RunResult run =
      Play({{.at_ms = 1000, .service_ms = 5000}, {.at_ms = 2000, .service_ms = 3000}}, One(1));
  EXPECT_EQ(run.sessions[0].wait_ms(), 0);
  EXPECT_EQ(run.sessions[0].ended_ms, 6000);
  EXPECT_EQ(run.sessions[1].wait_ms(), 4000);
  EXPECT_EQ(run.sessions[1].ended_ms, 9000);
  EXPECT_EQ(run.sessions[1].end, End::kServed);
}

TEST_F(RunTest, WhoFreesUpInTheMillisecondInWhichPatienceEndsIsInTime) {
  const RunResult run = Play({{.at_ms = 1000, .service_ms = 5000},
                              {.at_ms = 2000, .service_ms = 3000, .patience_ms = 4000},
                              {.at_ms = 2000, .service_ms = 3000, .patience_ms = 6999}},
                             One(1));
  EXPECT_EQ(run.sessions[1].end, End::kServed);
  EXPECT_EQ(run.sessions[2].end, End::kAbandoned);
  EXPECT_EQ(run.sessions[2].wait_ms(), 6999);
}

TEST_F(RunTest, SlowdownMakesSessionsOfOneAgentLonger) {
  const std::vector<SimulatedSession> sessions = {{.at_ms = 1000, .service_ms = 4000},
                                                  {.at_ms = 1000, .service_ms = 4000}};
  EXPECT_EQ(Play(sessions, One(2)).sessions[1].ended_ms, 5000);
  EXPECT_EQ(Play(sessions, One(2), {.slowdown = 1}).sessions[1].ended_ms, 9000);
  EXPECT_EQ(Play(sessions, One(2), {.slowdown = 0.5}).sessions[1].ended_ms, 6657);
}

TEST_F(RunTest, AShiftsEndLetsFinishAndTakesNothingNew) {
  std::vector<SimulatedAgent> agents = EqualAgents(2, 20);
  agents[0].shifts = {{.from_ms = 0, .to_ms = 2000}};
  agents[1].shifts = {{.from_ms = 8000, .to_ms = 90'000}};
  const RunResult run = Play({{.at_ms = 1000, .service_ms = 4000},
                              {.at_ms = 1500, .service_ms = 1000},
                              {.at_ms = 9500, .service_ms = 1000}},
                             agents);
  EXPECT_EQ(run.sessions[0].ended_ms, 5000);
  EXPECT_EQ(run.sessions[1].served_ms, 8000) << "the next shift takes it";
  EXPECT_EQ(run.agents[0].sessions, 1u);
  EXPECT_EQ(run.agents[1].sessions, 2u);
  // At work until its last session was done.
  EXPECT_DOUBLE_EQ(run.agents[0].capacity_ms, 20.0 * 4000);
  EXPECT_DOUBLE_EQ(run.agents[0].used_ms, 20.0 * 4000);
  EXPECT_DOUBLE_EQ(run.agents[1].capacity_ms, 20.0 * 1500);
  EXPECT_DOUBLE_EQ(run.agents[1].used_ms, 20.0 * 1000);
}

TEST_F(RunTest, WhomNobodyEverServesIsLeftOver) {
  std::vector<SimulatedAgent> agents = One(1);
  agents[0].shifts = {{.from_ms = 0, .to_ms = 1500}};
  const RunResult run =
      Play({{.at_ms = 1000, .service_ms = 100}, {.at_ms = 2000, .service_ms = 100}}, agents);
  EXPECT_EQ(run.sessions[0].end, End::kServed);
  EXPECT_EQ(run.sessions[1].end, End::kLeftOver);
}

TEST_F(RunTest, TheWarmUpIsNotCounted) {
  const RunResult run = Play({{.at_ms = 1000, .service_ms = 2000},
                              {.at_ms = 2000, .service_ms = 2000},
                              {.at_ms = 3000, .service_ms = 2000}},
                             One(1), {.warm_up_ms = 1000});
  EXPECT_FALSE(run.sessions[0].counted);
  EXPECT_TRUE(run.sessions[1].counted);
  EXPECT_DOUBLE_EQ(run.agents[0].capacity_ms, 20.0 * 1000) << "until the last arrival";
}

TEST_F(RunTest, ThousandsOfSessionsAreForgottenOnTheWay) {
  std::vector<SimulatedSession> sessions;
  for (int i = 0; i < 2500; ++i) sessions.push_back({.at_ms = 1000 + i * 10, .service_ms = 5});
  const RunResult run = Play(sessions, One(1));
  for (const SessionResult& session : run.sessions) EXPECT_EQ(session.wait_ms(), 0);
  redis::Command count = {"HLEN", "kf:gateway:{shop-1}:S"};
  const ShopId shop = *ShopId::Parse("shop-1");
  EXPECT_LT(Ok(kefu::test::WaitFor(redis_->shards().Of(shop).Call(std::move(count)))).Int(), 1000);
}

TEST_F(RunTest, StopsWhenItIsTold) {
  const std::atomic<bool> stop{true};
  const std::vector<SimulatedSession> sessions = {{.at_ms = 1000, .service_ms = 1}};
  const std::vector<SimulatedAgent> agents = One(1);
  const auto run = kefu::test::WaitFor(simulation::Simulate(
      redis_->shards(), "stopped", FifoPolicy(), sessions, agents, {.stop = &stop}));
  EXPECT_EQ(ErrorReason(run.status()), "STOPPED");
}

TEST(PrivateRedisTest, SaysWhatIsMissing) {
  const auto redis = kefu::test::WaitFor(PrivateRedis::Start("/no/such/redis-server"));
  EXPECT_EQ(ErrorReason(redis.status()), "NO_REDIS_SERVER");
}

}  // namespace
}  // namespace kefu::gateway::routing::simulation
