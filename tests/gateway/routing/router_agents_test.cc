// Agents that come, go and are lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/routing/router.h"
#include "tests/gateway/routing/support/router_fixture.h"

namespace kefu::gateway::routing {
namespace {

using test::kStart;
using test::RouterTest;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(RouterTest, PresenceDecidesWhoGetsSessions) {
  for (v1::Presence presence :
       {v1::PRESENCE_BUSY, v1::PRESENCE_BREAK, v1::PRESENCE_HUNG_UP, v1::PRESENCE_OFFLINE}) {
    Online(1);
    Arrive(10 + presence);
    EXPECT_EQ(OwnerOf(10 + presence), Agent(1).str());
    SetPresence(1, presence);
    Arrive(20 + presence);
    EXPECT_EQ(OwnerOf(20 + presence), "") << v1::Presence_Name(presence);
    EXPECT_EQ(OwnerOf(10 + presence).empty(), presence == v1::PRESENCE_OFFLINE);
    Complete(10 + presence);
    Complete(20 + presence);
  }
  EXPECT_EQ(Wait(router_->SetPresence(shop_, Agent(1), v1::PRESENCE_UNSPECIFIED)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(Wait(router_->SetPresence(shop_, Agent(9), v1::PRESENCE_ONLINE))),
            "NO_SUCH_AGENT");
}

TEST_F(RouterTest, ALostAgentsSessionsGoToOthersAtTheirAgeAndAheadOfTheQueue) {
  Online(1, 20);
  Arrive(1);
  clock_.Advance(10'000);
  Arrive(2);  // waits
  Beat(1, 1);
  EXPECT_EQ(Sweep().next_due->ms, kStart + 40'000);
  clock_.Advance(30'000);
  Outcome lapsed = Sweep().outcome;
  ASSERT_THAT(lapsed.agents, SizeIs(1));
  EXPECT_EQ(lapsed.agents[0].readiness(), v1::READINESS_SUSPECT);
  EXPECT_EQ(OwnerOf(1), Agent(1).str()) << "it may come back";
  EXPECT_EQ(Sweep().next_due->ms, kStart + 100'000);
  clock_.Advance(60'000);
  const Router::SweepResult lost = Sweep();
  EXPECT_EQ(GetAgent(1).presence(), v1::PRESENCE_OFFLINE);
  EXPECT_EQ(GetAgent(1).readiness(), v1::READINESS_UNSPECIFIED);
  EXPECT_FALSE(lost.next_due.has_value());
  ASSERT_THAT(lost.outcome.sessions, SizeIs(1));
  EXPECT_EQ(lost.outcome.sessions[0].previous_agent, Agent(1).str());
  EXPECT_EQ(lost.outcome.sessions[0].session.state(), v1::Session::STATE_WAITING);
  EXPECT_EQ(lost.outcome.sessions[0].session.enqueue_time().seconds(), kStart / 1000);
  Arrive(3);
  Online(2, 20);
  EXPECT_EQ(OwnerOf(1), Agent(2).str());
}

TEST_F(RouterTest, AnAgentThatReconnectsWithinTheGraceKeepsItsSessions) {
  Online(1);
  Arrive(1);
  const uint64_t fence = Get(1).fence();
  clock_.Advance(45'000);
  Sweep();
  EXPECT_EQ(GetAgent(1).readiness(), v1::READINESS_SUSPECT);
  const Outcome back = Connect(1);
  EXPECT_EQ(back.agents[0].incarnation(), 2u);
  EXPECT_EQ(back.agents[0].readiness(), v1::READINESS_READY);
  EXPECT_THAT(Ok(Wait(router_->Heartbeat(shop_, {{Agent(1).str(), 1}}))),
              ElementsAre(Agent(1).str()))
      << "the old connection is told so";
  clock_.Advance(29'000);
  Sweep();
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
  EXPECT_EQ(Get(1).fence(), fence);
}

TEST_F(RouterTest, AHeartbeatThatComesLateMakesASuspectReadyAndGivesItWhatWaits) {
  Online(1);
  clock_.Advance(31'000);
  Sweep();
  Arrive(1);
  EXPECT_EQ(OwnerOf(1), "");
  Beat(1, 1);
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
  EXPECT_EQ(GetAgent(1).readiness(), v1::READINESS_READY);
}

TEST_F(RouterTest, HeartbeatsOfAHundredAgentsAreRenewedInBatches) {
  std::vector<std::pair<std::string, uint64_t>> connections;
  for (int n = 1; n <= 120; ++n) {
    Connect(n);
    connections.emplace_back(Agent(n).str(), 1);
  }
  connections.emplace_back(Agent(500).str(), 1);
  clock_.Advance(20'000);
  EXPECT_THAT(Ok(Wait(router_->Heartbeat(shop_, connections))), ElementsAre(Agent(500).str()));
  clock_.Advance(20'000);
  EXPECT_THAT(Sweep().outcome.agents, IsEmpty());
  EXPECT_THAT(Ok(Wait(router_->ListAgents(shop_))), SizeIs(120));
  clock_.Advance(20'000);
  EXPECT_THAT(Sweep().outcome.agents, SizeIs(120));
}

TEST_F(RouterTest, ADisabledAgentGivesEverythingBackAndIsDisconnected) {
  Online(1, 600);
  for (int n = 1; n <= 30; ++n) Arrive(n);
  const AgentProfile profile{.agent = Agent(1), .config_version = 2};
  const Outcome outcome = Ok(Wait(router_->UpdateAgent(shop_, profile, /*disabled=*/true)));
  EXPECT_THAT(outcome.sessions, SizeIs(30));
  EXPECT_EQ(outcome.waiting, 30u);
  EXPECT_THAT(Ok(Wait(router_->Heartbeat(shop_, {{Agent(1).str(), 1}}))),
              ElementsAre(Agent(1).str()));
  EXPECT_EQ(ReasonOf(Wait(router_->ConnectAgent(shop_, {.agent = Agent(1)}))), "AGENT_NOT_READY");
  EXPECT_EQ(ReasonOf(Wait(router_->SetPresence(shop_, Agent(1), v1::PRESENCE_ONLINE))),
            "AGENT_NOT_READY");
  Ok(Wait(router_->UpdateAgent(shop_, {.agent = Agent(1), .config_version = 3}, false)));
  Online(1);
  EXPECT_EQ(GetAgent(1).used(), 100u);
}

TEST_F(RouterTest, AnOlderProfileChangesNothing) {
  Ok(Wait(router_->UpdateAgent(shop_, {.agent = Agent(1), .capacity = 60, .config_version = 5},
                               false)));
  Ok(Wait(
      router_->UpdateAgent(shop_, {.agent = Agent(1), .capacity = 40, .config_version = 4}, true)));
  Ok(Wait(router_->ConnectAgent(shop_, {.agent = Agent(1), .capacity = 20, .config_version = 5})));
  EXPECT_EQ(GetAgent(1).capacity(), 60u);
  Arrive(1);
  SetPresence(1, v1::PRESENCE_ONLINE);
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
}

}  // namespace
}  // namespace kefu::gateway::routing
