// Offers: accepted, declined, expired, taken back; and buyers who go away while they wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/routing/support/router_fixture.h"

namespace kefu::gateway::routing {
namespace {

using test::kStart;
using test::RouterTest;
using testing::IsEmpty;
using testing::SizeIs;

class OffersTest : public RouterTest {
 protected:
  OffersTest() { UsePlan({Offered()}); }
  static ClassSpec Offered() {
    ClassSpec spec;
    spec.name = "g.0";
    spec.push = Push::kOffer;
    return spec;
  }
  v1::Session::State StateOf(int n) { return Get(n).state(); }
  uint32_t UsedBy(int n) { return GetAgent(n).used(); }
};

TEST_F(OffersTest, AnOfferTakesCapacityHasAnEndAndIsAccepted) {
  Online(1, 20);
  Arrive(1);
  const SessionChange offered = Routing(1);
  EXPECT_EQ(offered.session.state(), v1::Session::STATE_OFFERED);
  EXPECT_EQ(offered.session.agent(), Agent(1).str());
  EXPECT_EQ(offered.session.fence(), 1u);
  EXPECT_EQ(offered.offer, offered.session.version());
  EXPECT_EQ(offered.until->ms, kStart + 20'000);
  EXPECT_FALSE(offered.session.has_assign_time());
  EXPECT_EQ(UsedBy(1), 20u);
  clock_.Advance(5'000);
  const Outcome accepted = Ok(Accept(1, 1));
  ASSERT_THAT(accepted.sessions, SizeIs(1));
  EXPECT_EQ(accepted.sessions[0].session.state(), v1::Session::STATE_ACTIVE);
  EXPECT_EQ(accepted.sessions[0].session.fence(), 1u) << "the owner was known from the offer on";
  EXPECT_EQ(accepted.sessions[0].session.assign_time().seconds(), kStart / 1000 + 5);
  EXPECT_THAT(Ok(Accept(1, 1)).sessions, IsEmpty());
  EXPECT_FALSE(Sweep().next_due->ms == kStart + 20'000) << "nothing is left of the offer";
}

TEST_F(OffersTest, OnlyThePendingOfferOfTheRightAgentOnItsPresentConnectionIsAccepted) {
  Online(1, 20);
  Connect(2);
  Arrive(1);
  const uint64_t offer = Routing(1).offer;
  auto accept = [this](int agent, uint64_t incarnation, uint64_t number) {
    return ReasonOf(Wait(router_->Accept(shop_, Session(1), Agent(agent), incarnation, number)));
  };
  EXPECT_EQ(accept(2, 1, offer), "STALE_OFFER");
  EXPECT_EQ(accept(1, 1, offer + 1), "STALE_OFFER");
  EXPECT_EQ(accept(1, 2, offer), "STALE_OFFER");
  EXPECT_EQ(accept(9, 1, offer), "NO_SUCH_AGENT");
  Connect(1, 20);  // the page was loaded anew
  EXPECT_EQ(accept(1, 1, offer), "STALE_OFFER");
  EXPECT_EQ(accept(1, 2, offer), "");
}

TEST_F(OffersTest, ADeclinedSessionGoesToAnotherAgentAtItsAge) {
  Online(1, 20);
  Arrive(1);
  Online(2, 20);
  const uint64_t offer = Routing(1).offer;
  Ok(Decline(1, 1));
  EXPECT_EQ(Get(1).agent(), Agent(2).str());
  EXPECT_EQ(Get(1).fence(), 2u);
  EXPECT_EQ(Get(1).enqueue_time().seconds(), kStart / 1000);
  EXPECT_EQ(ReasonOf(Wait(router_->Decline(shop_, Session(1), Agent(1), offer))), "STALE_OFFER");
  EXPECT_EQ(ReasonOf(Wait(router_->Accept(shop_, Session(1), Agent(1), 1, offer))), "STALE_OFFER");
}

TEST_F(OffersTest, AnAgentThatIsAloneIsAskedAgainAfterAPauseNotAtOnce) {
  Online(1, 20);
  Arrive(1);
  Ok(Decline(1, 1));
  EXPECT_EQ(StateOf(1), v1::Session::STATE_WAITING);
  EXPECT_EQ(Sweep().next_due->ms, kStart + 5'000);
  clock_.Advance(4'999);
  Sweep();
  EXPECT_EQ(StateOf(1), v1::Session::STATE_WAITING);
  clock_.Advance(1);
  Sweep();
  EXPECT_EQ(StateOf(1), v1::Session::STATE_OFFERED) << "nobody else is there";
}

TEST_F(OffersTest, WhoeverDeclinedIsNotAskedForAMinuteIfOthersAreThere) {
  Online(1, 20);
  Online(2, 20);
  Arrive(1);
  Arrive(2);
  ASSERT_EQ(Get(1).agent(), Agent(1).str());
  Ok(Accept(2, 2));
  Ok(Decline(1, 1));
  Pass(59'999, {1, 2});
  EXPECT_EQ(StateOf(1), v1::Session::STATE_WAITING);
  Pass(1, {1, 2});
  EXPECT_EQ(Get(1).agent(), Agent(1).str());
}

TEST_F(OffersTest, AMissedOfferPausesTheAgentAndGoesToOthers) {
  Online(1, 40);
  Arrive(1);
  Arrive(2);
  Online(2, 40);
  clock_.Advance(20'000);
  const Outcome swept = Sweep().outcome;
  EXPECT_EQ(GetAgent(1).readiness(), v1::READINESS_MISSED);
  EXPECT_EQ(UsedBy(1), 0u);
  for (int n : {1, 2}) EXPECT_EQ(Get(n).agent(), Agent(2).str()) << n;
  EXPECT_EQ(Ok(Wait(router_->GetBoard(shop_)))["g"].missed_today, 2u);
  SetPresence(1, v1::PRESENCE_ONLINE);
  EXPECT_EQ(GetAgent(1).readiness(), v1::READINESS_READY);
}

TEST_F(OffersTest, AnAgentMayMissAsManyInARowAsItsGroupSays) {
  ClassSpec patient = Offered();
  patient.missed_limit = 2;
  UsePlan({patient});
  Online(1, 20);
  Arrive(1);
  Pass(20'000, {1});
  EXPECT_EQ(GetAgent(1).readiness(), v1::READINESS_READY);
  Pass(5'000, {1});
  EXPECT_EQ(StateOf(1), v1::Session::STATE_OFFERED);
  Pass(20'000, {1});
  EXPECT_EQ(GetAgent(1).readiness(), v1::READINESS_MISSED);
}

TEST_F(OffersTest, WhoGoesAwayLosesItsOffersAndKeepsItsSessions) {
  for (v1::Presence away : {v1::PRESENCE_BUSY, v1::PRESENCE_BREAK, v1::PRESENCE_HUNG_UP}) {
    const int owned = 10 * away, offered = 10 * away + 1;
    Online(1, 40);
    Arrive(owned);
    Ok(Accept(owned, 1));
    Arrive(offered);
    SetPresence(1, away);
    EXPECT_EQ(StateOf(owned), v1::Session::STATE_ACTIVE);
    EXPECT_EQ(StateOf(offered), v1::Session::STATE_WAITING) << v1::Presence_Name(away);
    EXPECT_EQ(Routing(offered).cause, "recalled");
    Complete(owned);
    Complete(offered);
  }
}

TEST_F(OffersTest, ALapsedLeaseTakesOffersBackAtOnceAndSessionsAfterTheGrace) {
  Online(1, 40);
  Arrive(1);
  Ok(Accept(1, 1));
  clock_.Advance(15'000);
  Arrive(2);
  clock_.Advance(15'000);
  Sweep();
  EXPECT_EQ(GetAgent(1).readiness(), v1::READINESS_SUSPECT);
  EXPECT_EQ(StateOf(1), v1::Session::STATE_ACTIVE);
  EXPECT_EQ(StateOf(2), v1::Session::STATE_WAITING);
}

TEST_F(OffersTest, ASupervisorTakesAnOfferBackOrTheSessionItself) {
  Online(1, 40);
  Connect(2);
  Arrive(1);
  Ok(Wait(router_->Recall(shop_, Session(1))));
  EXPECT_EQ(StateOf(1), v1::Session::STATE_WAITING);
  EXPECT_THAT(Ok(Wait(router_->Recall(shop_, Session(1)))).sessions, IsEmpty());
  Arrive(2);
  const uint64_t offer = Routing(2).offer;
  Ok(Wait(router_->TakeOver(shop_, Session(2), Agent(2))));
  EXPECT_EQ(OwnerOf(2), Agent(2).str());
  EXPECT_EQ(ReasonOf(Wait(router_->Accept(shop_, Session(2), Agent(1), 1, offer))), "STALE_OFFER");
  Arrive(3);
  Complete(3);
  EXPECT_EQ(UsedBy(1), 0u);
  EXPECT_EQ(ReasonOf(Accept(3, 1)), "STALE_OFFER");
}

TEST_F(OffersTest, NobodyIsAskedForASessionWhoseBuyerIsAway) {
  Arrive(1);
  Arrive(2);
  Ok(Wait(router_->SetBuyerPresent(shop_, Session(1), false)));
  EXPECT_THAT(Ok(Wait(router_->SetBuyerPresent(shop_, Session(1), false))).sessions, IsEmpty());
  Online(1, 40);
  EXPECT_EQ(StateOf(1), v1::Session::STATE_WAITING);
  EXPECT_EQ(StateOf(2), v1::Session::STATE_OFFERED);
  Ok(Wait(router_->SetBuyerPresent(shop_, Session(1), true)));
  EXPECT_EQ(StateOf(1), v1::Session::STATE_OFFERED) << "at its old place, and there is room";
  EXPECT_THAT(Ok(Wait(router_->Reconcile(shop_))), IsEmpty());
}

TEST_F(OffersTest, ABuyerWhoStaysAwayIsGivenUpAndCountsAsAbandoned) {
  Arrive(1);
  Arrive(2);
  Ok(Wait(router_->SetBuyerPresent(shop_, Session(1), false)));
  clock_.Advance(59'999);
  Sweep();
  EXPECT_EQ(StateOf(1), v1::Session::STATE_WAITING);
  clock_.Advance(1);
  Sweep();
  EXPECT_EQ(StateOf(1), v1::Session::STATE_CLOSED);
  EXPECT_EQ(Routing(1).cause, "abandoned");
  EXPECT_EQ(StateOf(2), v1::Session::STATE_WAITING);
  EXPECT_EQ(Ok(Wait(router_->GetBoard(shop_)))["g"].abandoned_today, 1u);
}

TEST_F(OffersTest, ABuyerMayLeaveTheQueueButNotAServedSession) {
  Arrive(1);
  Online(1, 40);
  Ok(Wait(router_->Abandon(shop_, Session(1))));
  EXPECT_EQ(StateOf(1), v1::Session::STATE_CLOSED);
  EXPECT_EQ(UsedBy(1), 0u) << "the offer is over, too";
  EXPECT_THAT(Ok(Wait(router_->Abandon(shop_, Session(1)))).sessions, IsEmpty());
  Arrive(2);
  Ok(Accept(2, 1));
  EXPECT_EQ(ReasonOf(Wait(router_->Abandon(shop_, Session(2)))), "NOT_WAITING");
}

}  // namespace
}  // namespace kefu::gateway::routing
