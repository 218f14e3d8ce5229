// Sessions that change hands: transfer and take-over.
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

TEST_F(RouterTest, TransferMovesASessionBeyondTheCapacityButNotBeyondTwice) {
  Online(1, 100);
  for (int n = 1; n <= 3; ++n) Arrive(n);
  Online(2, 20);
  for (int n = 1; n <= 2; ++n) {
    Ok(Wait(router_->Transfer(shop_, Session(n), Agent(1), Get(n).fence(), Agent(2))));
    EXPECT_EQ(OwnerOf(n), Agent(2).str());
  }
  EXPECT_EQ(ReasonOf(Wait(router_->Transfer(shop_, Session(3), Agent(1), 1, Agent(2)))),
            "AGENT_FULL");
  EXPECT_EQ(ReasonOf(Wait(router_->TakeOver(shop_, Session(3), Agent(2)))), "AGENT_FULL");
}

TEST_F(RouterTest, TransferIsRefusedWithAReason) {
  Online(1);
  Arrive(1);
  Connect(2);  // offline
  Connect(3);
  SetPresence(3, v1::PRESENCE_BREAK);
  struct Case {
    int session, from;
    uint64_t fence;
    int to;
    const char* reason;
  };
  for (const Case& c : {Case{9, 1, 1, 0, "NO_SUCH_SESSION"}, Case{1, 1, 2, 0, "STALE_FENCE"},
                        Case{1, 1, 0, 0, "STALE_FENCE"}, Case{1, 2, 1, 0, "NOT_OWNER"},
                        Case{1, 1, 1, 9, "NO_SUCH_AGENT"}, Case{1, 1, 1, 2, "AGENT_NOT_READY"},
                        Case{1, 1, 1, 3, "AGENT_NOT_READY"}}) {
    const std::optional<AgentId> to = c.to == 0 ? std::nullopt : std::optional(Agent(c.to));
    EXPECT_EQ(
        ReasonOf(Wait(router_->Transfer(shop_, Session(c.session), Agent(c.from), c.fence, to))),
        c.reason);
  }
  Complete(1);
  EXPECT_EQ(ReasonOf(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, std::nullopt))),
            "SESSION_CLOSED");
}

TEST_F(RouterTest, ARepeatedTransferChangesNothing) {
  Online(1);
  Online(2);
  Arrive(1);
  Ok(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, Agent(2))));
  EXPECT_THAT(Ok(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, Agent(2)))).sessions,
              IsEmpty());
  EXPECT_EQ(Get(1).fence(), 2u);
}

TEST_F(RouterTest, ATransferThatLostAgainstATakeOverIsToldSo) {
  Online(1);
  Connect(2);
  Arrive(1);
  Ok(Wait(router_->TakeOver(shop_, Session(1), Agent(2))));
  for (const std::optional<AgentId>& to : {std::optional<AgentId>(), std::optional(Agent(2))}) {
    const auto late = Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, to));
    EXPECT_EQ(ReasonOf(late), "STALE_FENCE");
    EXPECT_EQ(late.status().code(), absl::StatusCode::kAborted);
    EXPECT_EQ(ErrorMetadataOf(late.status())["fence"], "2");
  }
}

TEST_F(RouterTest, AnAgentLooksPastThirtyOneSessionsThatItGaveAway) {
  Online(1, 800);
  for (int n = 1; n <= 32; ++n) Arrive(n);
  Online(2, 0);
  for (int n = 1; n <= 31; ++n) {
    Ok(Wait(router_->Transfer(shop_, Session(n), Agent(1), 1, std::nullopt)));
  }
  Arrive(100);
  EXPECT_EQ(OwnerOf(100), Agent(1).str());
  Ok(Wait(router_->Transfer(shop_, Session(32), Agent(1), 1, std::nullopt)));
  Arrive(101);
  EXPECT_EQ(OwnerOf(101), "") << "bounded work; the end of an exclusion looks again";
}

TEST_F(RouterTest, TheGiverDoesNotGetItsSessionBackForAMinute) {
  Online(1, 20);
  Arrive(1);
  Online(2, 20);
  Arrive(2);  // both are full now
  Ok(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, std::nullopt)));
  EXPECT_EQ(OwnerOf(1), "") << "there is another agent, if a full one";
  EXPECT_EQ(Get(1).enqueue_time().seconds(), kStart / 1000);
  Arrive(3);
  EXPECT_EQ(OwnerOf(3), Agent(1).str()) << "the giver takes what comes after";
  Complete(3);
  EXPECT_EQ(OwnerOf(1), "");
  Beat(1, 1);
  Beat(2, 1);
  clock_.Advance(29'999);
  Beat(1, 1);
  Beat(2, 1);
  clock_.Advance(29'999);
  Sweep();
  EXPECT_EQ(OwnerOf(1), "");
  Beat(1, 1);
  Beat(2, 1);
  clock_.Advance(2);
  EXPECT_EQ(Sweep().outcome.sessions.size(), 1u);
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
}

// A program that hands over while nobody else is online got the session back at once.
TEST_F(RouterTest, WhoGivesASessionAwayDoesNotGetItBackForAMinuteThoughAlone) {
  Online(1);
  Arrive(1);
  const Outcome outcome = Ok(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, std::nullopt)));
  ASSERT_THAT(outcome.sessions, SizeIs(1));
  EXPECT_EQ(outcome.sessions[0].session.state(), v1::Session::STATE_WAITING);
  EXPECT_EQ(outcome.sessions[0].previous_agent, Agent(1).str());
  Arrive(2);
  EXPECT_EQ(OwnerOf(2), Agent(1).str()) << "it takes others";
  Pass(59'999, {1});
  EXPECT_EQ(OwnerOf(1), "");
  Pass(1, {1});
  EXPECT_EQ(OwnerOf(1), Agent(1).str()) << "rather than nobody for ever";
}

TEST_F(RouterTest, FromWhomASupervisorTakesASessionGetsItBackIfNobodyElseIsThere) {
  Online(1);
  Arrive(1);
  const Outcome outcome = Ok(Wait(router_->Requeue(shop_, Session(1), std::nullopt)));
  ASSERT_THAT(outcome.sessions, SizeIs(1));
  EXPECT_EQ(outcome.sessions[0].session.agent(), Agent(1).str());
  EXPECT_EQ(outcome.sessions[0].previous_agent, Agent(1).str());
  EXPECT_EQ(outcome.sessions[0].session.fence(), 2u);
}

TEST_F(RouterTest, TheAgentWhoGaveASessionAwayStandsAmongTheExcluded) {
  Online(1);
  Arrive(1);
  Ok(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, std::nullopt)));
  const Explanation explanation = Ok(Wait(router_->Explain(shop_, Session(1))));
  EXPECT_THAT(explanation.excluded,
              ElementsAre(std::pair(Agent(1).str(), TimePoint{kStart + 60'000})));
  EXPECT_EQ(explanation.next_agent, "");
}

TEST_F(RouterTest, ATransferredSessionKeepsItsAgeAndTheGiversSlotIsUsed) {
  Online(1, 20);
  Arrive(1);
  clock_.Advance(10'000);
  Arrive(2);  // waits
  Online(2, 0);
  const Outcome outcome = Ok(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, std::nullopt)));
  EXPECT_THAT(outcome.sessions, SizeIs(2));
  EXPECT_EQ(OwnerOf(2), Agent(1).str());
  const auto waiting = Ok(Wait(router_->ListWaiting(shop_, 0, 10)));
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].session(), Session(1).str());
  EXPECT_EQ(waiting[0].enqueue_time().seconds(), kStart / 1000);
}

TEST_F(RouterTest, TakingOverNeedsAConnectionAndNothingElse) {
  Online(1, 20);
  Arrive(1);
  Arrive(2);  // waits
  Ok(Wait(router_->UpdateAgent(shop_, {.agent = Agent(2)}, /*disabled=*/false)));
  EXPECT_EQ(ReasonOf(Wait(router_->TakeOver(shop_, Session(1), Agent(2)))), "AGENT_NOT_READY");
  EXPECT_EQ(ReasonOf(Wait(router_->TakeOver(shop_, Session(1), Agent(9)))), "NO_SUCH_AGENT");
  EXPECT_EQ(ReasonOf(Wait(router_->TakeOver(shop_, Session(9), Agent(2)))), "NO_SUCH_SESSION");
  Connect(2);
  const Outcome outcome = Ok(Wait(router_->TakeOver(shop_, Session(1), Agent(2))));
  EXPECT_EQ(OwnerOf(1), Agent(2).str());
  EXPECT_EQ(OwnerOf(2), Agent(1).str()) << "the former owner takes the next one";
  EXPECT_THAT(outcome.sessions, SizeIs(2));
  EXPECT_THAT(Ok(Wait(router_->TakeOver(shop_, Session(1), Agent(2)))).sessions, IsEmpty());
}

}  // namespace
}  // namespace kefu::gateway::routing
