// The router on a real Redis: what its callers are promised about sessions, cursors, lists and the
// log.
#include "gateway/routing/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/gateway/routing/support/router_fixture.h"

namespace kefu::gateway::routing {
namespace {

using test::kStart;
using test::RouterTest;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
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

TEST_F(RouterTest, ListsComeInPagesAndInTheirOrder) {
  for (int n = 1; n <= 450; ++n) Arrive(n);
  Online(1, 60);
  const auto waiting = Ok(Wait(router_->ListWaiting(shop_, 5, 440)));
  ASSERT_THAT(waiting, SizeIs(440));
  EXPECT_EQ(waiting.front().session(), Session(9).str());
  EXPECT_EQ(waiting.back().session(), Session(448).str());
  const auto first = Ok(Wait(router_->ListLive(shop_, "", 200)));
  EXPECT_THAT(first.sessions.size(), AllOf(Ge(200), Le(220)));
  const auto rest = Ok(Wait(router_->ListLive(shop_, first.next, 1000)));
  EXPECT_THAT(rest.next, IsEmpty());
  std::set<std::string> ids;
  for (const auto& page : {first.sessions, rest.sessions}) {
    for (const v1::Session& session : page) ids.insert(session.session());
  }
  EXPECT_THAT(ids, SizeIs(450));
  EXPECT_EQ(ReasonOf(Wait(router_->ListLive(shop_, "nowhere", 1))), "BAD_PAGE_TOKEN");
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
  EXPECT_THAT(Ok(Wait(router_->ListLive(other, "", 10))).sessions, IsEmpty());
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
