// The router on a real Redis: what its callers are promised.
#include "gateway/routing/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/routing/support/router_fixture.h"

namespace kefu::gateway::routing {
namespace {

using test::kStart;
using test::RouterTest;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(RouterTest, ASessionGoesToTheLeastLoadedReadyAgentThenToTheLongestIdle) {
  Online(1);
  Online(2);
  Connect(3);  // offline
  Arrive(1);
  clock_.Advance(1);
  Arrive(2);
  clock_.Advance(1);
  Arrive(3);
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
  EXPECT_EQ(OwnerOf(2), Agent(2).str());
  EXPECT_EQ(OwnerOf(3), Agent(1).str()) << "both have one; the first has waited longer";
  EXPECT_EQ(GetAgent(1).used(), 40u);
}

TEST_F(RouterTest, AnOutcomeCarriesTheSessionItsOwnerAndTheAgent) {
  Online(1);
  const Outcome outcome = Arrive(7);
  ASSERT_THAT(outcome.sessions, SizeIs(1));
  const v1::Session& session = outcome.sessions[0].session;
  EXPECT_EQ(session.session(), Session(7).str());
  EXPECT_EQ(session.conversation(), Session(7).conversation().str());
  EXPECT_EQ(session.buyer(), BuyerOf(Session(7).conversation()).str());
  EXPECT_EQ(session.state(), v1::Session::STATE_ACTIVE);
  EXPECT_EQ(session.agent(), Agent(1).str());
  EXPECT_EQ(session.fence(), 1u);
  EXPECT_EQ(session.version(), 1u);
  EXPECT_EQ(session.enqueue_time().seconds(), kStart / 1000);
  EXPECT_EQ(session.assign_time().seconds(), kStart / 1000);
  EXPECT_EQ(session.opening().language(), "zh-CN");
  EXPECT_EQ(outcome.sessions[0].previous_agent, "");
  ASSERT_THAT(outcome.agents, SizeIs(1));
  EXPECT_EQ(outcome.agents[0].used(), 20u);
  EXPECT_EQ(outcome.event_seq, 1u);
  EXPECT_EQ(outcome.waiting, 0u);
}

TEST_F(RouterTest, WaitingSessionsAreServedInTheirOrderUpToTheCapacity) {
  for (int n = 1; n <= 4; ++n) Arrive(n);
  Connect(1, 60);
  const Outcome outcome = SetPresence(1, v1::PRESENCE_ONLINE);
  EXPECT_THAT(outcome.sessions, SizeIs(3));
  EXPECT_EQ(outcome.waiting, 1u);
  EXPECT_EQ(OwnerOf(3), Agent(1).str());
  EXPECT_EQ(OwnerOf(4), "");
  const Outcome completed = Complete(2);
  EXPECT_EQ(completed.waiting, 0u) << "the freed slot takes the next one in the same call";
  EXPECT_EQ(OwnerOf(4), Agent(1).str());
}

TEST_F(RouterTest, AnAgentWithManySlotsIsFilledThoughOneCallAssignsEight) {
  for (int n = 1; n <= 30; ++n) Arrive(n);
  Connect(1, 500);
  const Outcome outcome = SetPresence(1, v1::PRESENCE_ONLINE);
  EXPECT_THAT(outcome.sessions, SizeIs(25));
  ASSERT_THAT(outcome.agents, SizeIs(1)) << "one agent, in its last state";
  EXPECT_EQ(outcome.agents[0].used(), 500u);
  EXPECT_EQ(outcome.waiting, 5u);
  EXPECT_EQ(outcome.event_seq, 55u);
}

TEST_F(RouterTest, ARepeatedOrLateArrivalChangesNothing) {
  Online(1);
  Arrive(1);
  EXPECT_THAT(Arrive(1).sessions, IsEmpty());
  Complete(1);
  const Outcome late = Arrive(1);
  EXPECT_THAT(late.sessions, IsEmpty());
  EXPECT_EQ(late.event_seq, 0u);
  EXPECT_EQ(Get(1).state(), v1::Session::STATE_CLOSED);
  EXPECT_THAT(Complete(1).sessions, IsEmpty());
}

TEST_F(RouterTest, AnArrivalThatComesAfterTheCloseFindsTheTombstone) {
  Online(1);
  EXPECT_THAT(Complete(5).sessions, IsEmpty());
  EXPECT_THAT(Arrive(5).sessions, IsEmpty());
  EXPECT_EQ(GetAgent(1).used(), 0u);
  EXPECT_EQ(ReasonOf(Wait(router_->GetSession(shop_, Session(5)))), "NO_SUCH_SESSION");
}

TEST_F(RouterTest, AClosedSessionNamesItsFormerOwner) {
  Online(1);
  Arrive(1);
  const Outcome closed = Complete(1);
  ASSERT_THAT(closed.sessions, SizeIs(1));
  EXPECT_EQ(closed.sessions[0].session.state(), v1::Session::STATE_CLOSED);
  EXPECT_EQ(closed.sessions[0].previous_agent, Agent(1).str());
  EXPECT_EQ(GetAgent(1).used(), 0u);
}

TEST_F(RouterTest, AReopenedSessionGoesToThePreferredAgentAboveItsOldFence) {
  Online(1);
  Online(2);
  Arrive(1);
  const uint64_t fence = Get(1).fence();
  Complete(1);
  Arrival again = Arriving(1);
  again.reopened = 1;
  Ok(Wait(router_->Reopen(shop_, again, Agent(2))));
  EXPECT_EQ(OwnerOf(1), Agent(2).str());
  EXPECT_GT(Get(1).fence(), fence);
  EXPECT_THAT(Ok(Wait(router_->Reopen(shop_, again, Agent(2)))).sessions, IsEmpty());
}

TEST_F(RouterTest, ACallAboutAnEarlierLifeChangesNothing) {
  Online(1);
  Arrive(1);
  Ok(Wait(router_->Complete(shop_, Session(1), 0)));
  Arrival again = Arriving(1);
  again.reopened = 1;
  Ok(Wait(router_->Reopen(shop_, again, Agent(1))));
  EXPECT_THAT(Ok(Wait(router_->Complete(shop_, Session(1), 0))).sessions, IsEmpty());
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
  Ok(Wait(router_->Complete(shop_, Session(1), 1)));
  EXPECT_THAT(Ok(Wait(router_->Reopen(shop_, again, Agent(1)))).sessions, IsEmpty())
      << "that life is over";
}

TEST_F(RouterTest, AForgottenSessionGoesOnAboveTheFenceThatInquiriesKnows) {
  Online(1);
  Arrive(1);
  Complete(1);
  const uint64_t version = Get(1).version();
  clock_.Advance(24 * 3'600'000);
  EXPECT_TRUE(
      Ok(Wait(router_->AdvanceCursor(shop_, "inquiries", {}, {.store_epoch = 1, .seq = 9}))));
  EXPECT_EQ(ReasonOf(Wait(router_->GetSession(shop_, Session(1)))), "NO_SUCH_SESSION");
  Arrival again = Arriving(1);
  again.reopened = 1;
  again.fence = 41;
  Ok(Wait(router_->Reopen(shop_, again, Agent(2))));
  EXPECT_EQ(Get(1).fence(), 42u);
  EXPECT_GT(Get(1).version(), version);
}

TEST_F(RouterTest, TombstonesStayUntilTheCursorHasPassedTheCloseByTheMargin) {
  Arrive(1);
  Complete(1);
  clock_.Advance(3'600'000);
  const TimePoint before_close{kStart - 1};
  EXPECT_TRUE(Ok(Wait(router_->AdvanceCursor(shop_, "inquiries", {}, {1, 5}, before_close))));
  EXPECT_EQ(Get(1).state(), v1::Session::STATE_CLOSED);
  EXPECT_TRUE(Ok(Wait(router_->AdvanceCursor(shop_, "inquiries", {1, 5}, {1, 6}, clock_.Now()))));
  EXPECT_EQ(ReasonOf(Wait(router_->GetSession(shop_, Session(1)))), "NO_SUCH_SESSION");
}

TEST_F(RouterTest, ACursorMovesOnlyFromWhereItIsExpected) {
  EXPECT_TRUE(Ok(Wait(router_->AdvanceCursor(shop_, "routing", {}, {1, 10}))));
  EXPECT_FALSE(Ok(Wait(router_->AdvanceCursor(shop_, "routing", {}, {1, 20}))));
  EXPECT_FALSE(Ok(Wait(router_->AdvanceCursor(shop_, "routing", {2, 10}, {2, 20}))));
  const Router::Cursor cursor = Ok(Wait(router_->GetCursor(shop_, "routing")));
  EXPECT_EQ(cursor.store_epoch, 1u);
  EXPECT_EQ(cursor.seq, 10u);
  EXPECT_EQ(Ok(Wait(router_->GetCursor(shop_, "inquiries"))).seq, 0u);
}

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

TEST_F(RouterTest, AnAgentThatIsAloneGetsItsSessionBackUnderANewFence) {
  Online(1);
  Arrive(1);
  const Outcome outcome = Ok(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, std::nullopt)));
  ASSERT_THAT(outcome.sessions, SizeIs(1));
  EXPECT_EQ(outcome.sessions[0].session.agent(), Agent(1).str());
  EXPECT_EQ(outcome.sessions[0].previous_agent, Agent(1).str());
  EXPECT_EQ(outcome.sessions[0].session.fence(), 2u);
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

TEST_F(RouterTest, ListsComeInPagesAndInTheirOrder) {
  for (int n = 1; n <= 450; ++n) Arrive(n);
  Online(1, 60);
  const auto waiting = Ok(Wait(router_->ListWaiting(shop_, 5, 440)));
  ASSERT_THAT(waiting, SizeIs(440));
  EXPECT_EQ(waiting.front().session(), Session(9).str());
  EXPECT_EQ(waiting.back().session(), Session(448).str());
  const auto first = Ok(Wait(router_->ListLive(shop_, "", 200)));
  ASSERT_THAT(first, SizeIs(200));
  const auto rest = Ok(Wait(router_->ListLive(shop_, first.back().session(), 1000)));
  EXPECT_THAT(rest, SizeIs(250));
  EXPECT_GT(rest.front().session(), first.back().session());
  const AgentSnapshot snapshot = Ok(Wait(router_->GetAgent(shop_, Agent(1))));
  EXPECT_THAT(snapshot.sessions, SizeIs(3));
  EXPECT_EQ(snapshot.waiting, 447u);
  EXPECT_THAT(Ok(Wait(router_->GetAgentVersions(shop_, {Agent(1).str(), Agent(2).str()}))),
              ElementsAre(snapshot.agent.version(), 0u));
}

TEST_F(RouterTest, TheLogTellsEveryChange) {
  Online(1);
  Arrive(1);
  Complete(1);
  const std::vector<Event> events = Ok(Wait(router_->ReadEvents(shop_, 0, 10)));
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[1].seq, 2u);
  EXPECT_EQ(events[1].change.session.state(), v1::Session::STATE_CLOSED);
  EXPECT_EQ(events[1].change.previous_agent, Agent(1).str());
  EXPECT_THAT(Ok(Wait(router_->ReadEvents(shop_, 1, 10))), SizeIs(1));
  EXPECT_THAT(Ok(Wait(router_->ReadEvents(shop_, 0, 1))), SizeIs(1));
}

TEST_F(RouterTest, AnotherShopsIdsMeanNothing) {
  Online(1);
  Arrive(1);
  const ShopId other = *ShopId::Parse("other");
  EXPECT_EQ(ReasonOf(Wait(router_->GetSession(other, Session(1)))), "NO_SUCH_SESSION");
  EXPECT_EQ(ReasonOf(Wait(router_->GetAgent(other, Agent(1)))), "NO_SUCH_AGENT");
  EXPECT_EQ(ReasonOf(Wait(router_->TakeOver(other, Session(1), Agent(1)))), "NO_SUCH_SESSION");
  EXPECT_EQ(ReasonOf(Wait(router_->Transfer(other, Session(1), Agent(1), 1, std::nullopt))),
            "NO_SUCH_SESSION");
  EXPECT_THAT(Ok(Wait(router_->ListLive(other, "", 10))), IsEmpty());
  Ok(Wait(router_->Complete(other, Session(1))));
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
}

TEST_F(RouterTest, ADeadStoreIsUnavailable) {
  server_.Kill();
  const absl::Status status = Wait(router_->Arrive(shop_, Arriving(1))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace kefu::gateway::routing
