// Routing configurations whose effect can be worked out by hand, on the real functions.
#include "gateway/routing/simulation/policy.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "tests/gateway/routing/simulation/simulation_fixture.h"

namespace kefu::gateway::routing::simulation {
namespace {

using End = SessionResult::End;

class PolicyTest : public SimulationTest {
 protected:
  // Without what would change the times below.
  static Policy Of(const std::string& document) {
    return Ok(ParsePolicy("test", R"({"defaultGroup": "g", "timeouts": {"wrapUp": "0s"},
                                      "sticky": {"disabled": true}, )" +
                                      document + "}"));
  }

  static SimulatedSession Coming(int64_t at_ms, int64_t service_ms) {
    return {.at_ms = at_ms, .service_ms = service_ms};
  }
};

TEST_F(PolicyTest, SkillsSayWhoServesAndRelaxationLetsOthersIn) {
  const Policy policy = Of(R"("skills": [{"skill": "refund"}], "groups": [{"group": "g",
      "requirements": [{"skill": "refund", "level": 1, "optional": true, "value": 1}],
      "relaxation": [{"after": "15s", "dropOptional": 1}]}])");
  std::vector<SimulatedAgent> agents = EqualAgents(2, 20);
  agents[1].skills["refund"] = 3;
  const RunResult run = Play({Coming(1000, 60'000), Coming(2000, 60'000)}, agents, {}, policy);
  EXPECT_EQ(run.sessions[0].wait_ms(), 0);
  EXPECT_EQ(run.sessions[0].step, 0);
  EXPECT_EQ(run.sessions[1].wait_ms(), 15'000) << "the unskilled agent has it after 15 s";
  EXPECT_EQ(run.sessions[1].step, 1);
  EXPECT_EQ(run.agents[0].sessions + run.agents[1].sessions, 1u)
      << "one came after the last arrival";
}

TEST_F(PolicyTest, APriorityGoesFirst) {
  const Policy policy = Of(R"("groups": [{"group": "g"}])");
  std::vector<SimulatedSession> sessions = {Coming(1000, 60'000), Coming(2000, 10'000),
                                            Coming(3000, 10'000)};
  sessions[2].traits.priority = "vip";
  const RunResult run = Play(sessions, EqualAgents(1, 20), {}, policy);
  EXPECT_EQ(run.sessions[2].served_ms, 61'000);
  EXPECT_EQ(run.sessions[1].served_ms, 71'000);
}

TEST_F(PolicyTest, WhoWaitsTooLongIsTurnedAway) {
  const Policy policy = Of(R"("groups": [{"group": "g", "waitingLimit": "60s"}])");
  const RunResult run =
      Play({Coming(1000, 300'000), Coming(2000, 1000)}, EqualAgents(1, 20), {}, policy);
  EXPECT_EQ(run.sessions[1].end, End::kTurnedAway);
  EXPECT_EQ(run.sessions[1].wait_ms(), 60'000);
}

TEST_F(PolicyTest, AFullQueueLetsNobodyIn) {
  const Policy policy = Of(R"("groups": [{"group": "g", "queueCap": 1}])");
  const RunResult run = Play({Coming(1000, 10'000), Coming(2000, 1000), Coming(3000, 1000)},
                             EqualAgents(1, 20), {}, policy);
  EXPECT_EQ(run.sessions[1].end, End::kServed);
  EXPECT_EQ(run.sessions[2].end, End::kTurnedAway);
  EXPECT_EQ(run.sessions[2].wait_ms(), 0);
}

TEST_F(PolicyTest, WhatIsOfferedIsAccepted) {
  const Policy policy = Of(R"("groups": [{"group": "g", "push": "PUSH_OFFER"}])");
  const RunResult run =
      Play({Coming(1000, 5000), Coming(2000, 3000)}, EqualAgents(1, 20), {}, policy);
  EXPECT_EQ(run.sessions[0].wait_ms(), 0);
  EXPECT_EQ(run.sessions[1].wait_ms(), 4000);
  EXPECT_EQ(run.sessions[1].owners, 1u);
}

TEST_F(PolicyTest, OutsideTheHoursBuyersLeaveAMessage) {
  // 1970-01-01 was a Thursday.
  const Policy policy = Of(R"("languages": ["en"], "hours": [{"hours": "day", "timeZone": "UTC",
      "weekly": [{"weekdays": ["WEEKDAY_THURSDAY"], "span": {"from": "00:00", "to": "00:01"}}]}],
      "groups": [{"group": "g", "hours": "day",
                  "fallback": {"leaveMessage": {"texts": {"en": "Closed."}}}}])");
  const RunResult run =
      Play({Coming(59'999, 1000), Coming(60'000, 1000)}, EqualAgents(1, 20), {}, policy);
  EXPECT_EQ(run.sessions[0].end, End::kServed);
  EXPECT_EQ(run.sessions[1].end, End::kTurnedAway);
}

TEST_F(PolicyTest, WhatAgentsClaimByHandIsNotKnown) {
  const auto refused = ParsePolicy("test", R"({"defaultGroup": "g",
      "groups": [{"group": "g", "strategy": "STRATEGY_MANUAL_CLAIM"}]})");
  EXPECT_EQ(FieldViolationsOf(refused.status()).at(0).field, "groups[0].strategy");
}

}  // namespace
}  // namespace kefu::gateway::routing::simulation
