// What a shop with a plan gets: steps, strategies, limits, last agents, wrap-up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/routing/support/plan_fixture.h"

namespace kefu::gateway::routing {
namespace {

using test::kStart;
using test::Named;
using test::PlanTest;
using testing::ElementsAre;
using testing::IsEmpty;

ClassSpec With(Strategy strategy) {
  ClassSpec spec = Named("g.0");
  spec.strategy = strategy;
  return spec;
}

TEST_F(PlanTest, RoundRobinTakesTurnsWhateverTheLoad) {
  UsePlan({With(Strategy::kRoundRobin)});
  Online(1, 200);
  Online(2, 40);
  EXPECT_THAT(Owners(4),
              ElementsAre(Agent(1).str(), Agent(2).str(), Agent(1).str(), Agent(2).str()));
}

TEST_F(PlanTest, TheHighestLevelComesFirstThenTheLeastLoaded) {
  UsePlan({With(Strategy::kHighestLevel)});
  OnlineIn(1, {{"g.0", 2}});
  OnlineIn(2, {{"g.0", 5}}, 40);
  OnlineIn(3, {{"g.0", 5}}, 40);
  EXPECT_THAT(Owners(5), ElementsAre(Agent(2).str(), Agent(3).str(), Agent(2).str(), Agent(3).str(),
                                     Agent(1).str()));
}

TEST_F(PlanTest, FewestTodayBeginsAnewAtTheShopsMidnight) {
  UsePlan({With(Strategy::kFewestToday)});
  Online(1, 200);
  EXPECT_THAT(Owners(2), ElementsAre(Agent(1).str(), Agent(1).str()));
  Online(2, 200);
  for (int n = 3; n <= 4; ++n) {
    Arrive(n);
    EXPECT_EQ(OwnerOf(n), Agent(2).str()) << n;
  }
  clock_.Advance(86'400'000);
  Connect(1, 200);
  Connect(2, 200);
  for (int n = 5; n <= 6; ++n) Arrive(n);
  EXPECT_NE(OwnerOf(5), OwnerOf(6)) << "one each, on the new day";
}

TEST_F(PlanTest, ClaimedSessionsWaitUntilSomebodyTakesThem) {
  UsePlan({With(Strategy::kManualClaim)});
  Online(1, 40);
  Online(2, 40);
  Arrive(1);
  EXPECT_EQ(OwnerOf(1), "");
  Ok(Wait(router_->Claim(shop_, Session(1), Agent(2))));
  EXPECT_EQ(OwnerOf(1), Agent(2).str());
  EXPECT_THAT(Ok(Wait(router_->Claim(shop_, Session(1), Agent(2)))).sessions, IsEmpty());
  const auto late = Wait(router_->Claim(shop_, Session(1), Agent(1)));
  EXPECT_EQ(ReasonOf(late), "ALREADY_TAKEN");
  EXPECT_EQ(late.status().code(), absl::StatusCode::kAborted);
  for (int n = 2; n <= 5; ++n) Arrive(n);
  for (int n = 2; n <= 4; ++n) Ok(Wait(router_->Claim(shop_, Session(n), Agent(2))));
  EXPECT_EQ(ReasonOf(Wait(router_->Claim(shop_, Session(5), Agent(2)))), "AGENT_FULL");
}

TEST_F(PlanTest, AWaitingSessionIsRelaxedAtItsTimesAndKeepsItsAge) {
  ClassSpec first = Named("g.0"), second = Named("g.1");
  first.next = "g.1";
  first.next_after_ms = 15'000;
  UsePlan({first, second});
  OnlineIn(1, {{"g.0"}, {"g.1"}}, 20);
  OnlineIn(2, {{"g.1"}}, 20);
  Arrive(1);
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
  Arrive(2);
  EXPECT_EQ(Routing(2).class_name, "g.0");
  const Explanation before = Ok(Wait(router_->Explain(shop_, Session(2))));
  EXPECT_EQ(before.next_class, "g.1");
  EXPECT_EQ(before.next_at->ms, kStart + 15'000);
  EXPECT_EQ(Sweep().next_due->ms, kStart + 15'000);
  clock_.Advance(15'000);
  Sweep();
  EXPECT_EQ(OwnerOf(2), Agent(2).str());
  EXPECT_EQ(Get(2).enqueue_time().seconds(), kStart / 1000);
  EXPECT_EQ(Routing(2).assignment.class_name, "g.1");
  EXPECT_EQ(Routing(2).assignment.waited_ms, 15'000);
}

TEST_F(PlanTest, AStepThatNobodyServesIsSkippedAtOnce) {
  ClassSpec first = Named("g.0"), second = Named("g.1");
  first.next = "g.1";
  first.next_after_ms = 15'000;
  UsePlan({first, second});
  OnlineIn(2, {{"g.1"}}, 20);
  Arrive(1);
  EXPECT_EQ(OwnerOf(1), Agent(2).str());
  OnlineIn(1, {{"g.0"}, {"g.1"}}, 20);
  Arrive(2);
  EXPECT_EQ(OwnerOf(2), Agent(1).str());
  Arrive(3);  // waits for the first step
  EXPECT_EQ(Routing(3).class_name, "g.0");
  SetPresence(1, v1::PRESENCE_BREAK);
  Complete(1);
  Sweep();
  EXPECT_EQ(OwnerOf(3), Agent(2).str()) << "nobody of the first step is there any more";
}

TEST_F(PlanTest, AFullGroupRefusesAndWritesNothing) {
  ClassSpec capped = Named("g.0");
  capped.queue_cap = 2;
  UsePlan({capped});
  Arrive(1);
  Arrive(2);
  const auto refused = Wait(router_->Arrive(shop_, Arriving(3)));
  EXPECT_EQ(ReasonOf(refused), "QUEUE_FULL");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(Wait(router_->GetSession(shop_, Session(3)))), "NO_SUCH_SESSION");
  Online(1, 20);
  EXPECT_EQ(Arrive(3).waiting, 2u);
}

TEST_F(PlanTest, WhoWaitsTooLongGivesUpAndIsClosed) {
  ClassSpec limited = Named("g.0");
  limited.waiting_limit_ms = 60'000;
  UsePlan({limited});
  Arrive(1);
  clock_.Advance(60'000);
  Sweep();
  EXPECT_EQ(Routing(1).session.state(), v1::Session::STATE_CLOSED);
  EXPECT_EQ(Routing(1).cause, "gave_up");
  EXPECT_EQ(Ok(Wait(router_->GetBoard(shop_)))["g"].gave_up_today, 1u);
}

TEST_F(PlanTest, TheLastAgentIsWaitedForAWhileIfItIsFull) {
  ClassSpec sticky = Named("g.0");
  sticky.sticky_ms = 30'000;
  UsePlan({sticky});
  Online(1, 20);
  Online(2, 20);
  Arrive(1);
  Arrive(2);
  Arrival back = Arriving(3);
  back.last_agent = Agent(2);
  Ok(Wait(router_->Arrive(shop_, back)));
  EXPECT_EQ(Routing(3).class_name, PersonalClassOf(Agent(2).str()));
  EXPECT_EQ(Routing(3).group, "g");
  Complete(1);
  EXPECT_EQ(OwnerOf(3), "") << "another agent's slot";
  Complete(2);
  EXPECT_EQ(OwnerOf(3), Agent(2).str());
  EXPECT_EQ(Routing(3).class_name, "g.0");
}

TEST_F(PlanTest, WhoWaitedForItsLastAgentInVainIsServedByEverybody) {
  ClassSpec sticky = Named("g.0");
  sticky.sticky_ms = 30'000;
  UsePlan({sticky});
  Online(1, 20);
  Online(2, 20);
  Arrive(1);
  Arrive(2);
  for (int n : {3, 4}) {
    Arrival back = Arriving(n);
    back.last_agent = Agent(2);
    Ok(Wait(router_->Arrive(shop_, back)));
  }
  Complete(1);
  Pass(30'000, {1, 2});
  EXPECT_EQ(OwnerOf(3), Agent(1).str());
  Complete(3);
  EXPECT_EQ(OwnerOf(4), Agent(1).str());
}

TEST_F(PlanTest, NobodyWaitsForALastAgentThatLeft) {
  ClassSpec sticky = Named("g.0");
  sticky.sticky_ms = 30'000;
  UsePlan({sticky});
  Online(1, 20);
  Online(2, 20);
  Arrive(1);
  Arrive(2);
  Arrival back = Arriving(3);
  back.last_agent = Agent(2);
  Ok(Wait(router_->Arrive(shop_, back)));
  SetPresence(2, v1::PRESENCE_BREAK);
  Sweep();
  EXPECT_EQ(Routing(3).class_name, "g.0");
  Complete(1);
  EXPECT_EQ(OwnerOf(3), Agent(1).str());
}

TEST_F(PlanTest, WrapUpKeepsTheSlotUntilItIsFinishedOrOver) {
  ClassSpec notes = Named("g.0");
  notes.wrap_ms = 30'000;
  notes.wrap_weight = 20;
  UsePlan({notes});
  Online(1, 20);
  Arrive(1);
  Arrive(2);
  Complete(1);
  EXPECT_EQ(Routing(1).session.state(), v1::Session::STATE_WRAP);
  EXPECT_EQ(OwnerOf(2), "");
  EXPECT_EQ(ReasonOf(Wait(router_->Finish(shop_, Session(1), Agent(2)))), "NOT_OWNER");
  Ok(Wait(router_->Finish(shop_, Session(1), Agent(1))));
  EXPECT_EQ(Routing(1).session.state(), v1::Session::STATE_CLOSED);
  EXPECT_EQ(OwnerOf(2), Agent(1).str());
  Arrive(3);
  Complete(2);
  Pass(30'000, {1});
  EXPECT_EQ(OwnerOf(3), Agent(1).str()) << "the time was over";
}

TEST_F(PlanTest, ABuyerWhoWritesDuringTheWrapUpGoesOnWithTheSameAgent) {
  ClassSpec notes = Named("g.0");
  notes.wrap_ms = 30'000;
  UsePlan({notes});
  Online(1, 20);
  Arrive(1);
  const uint64_t fence = Get(1).fence();
  Ok(Wait(router_->Complete(shop_, Session(1), 0)));
  Arrival again = Arriving(1);
  again.reopened = 1;
  Ok(Wait(router_->Arrive(shop_, again)));
  EXPECT_EQ(Get(1).state(), v1::Session::STATE_ACTIVE);
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
  EXPECT_GT(Get(1).fence(), fence);
  EXPECT_THAT(Ok(Wait(router_->Complete(shop_, Session(1), 0))).sessions, IsEmpty());
}

TEST_F(PlanTest, AHeldSessionFreesItsSlotAndComesBackBeyondTheCapacity) {
  ClassSpec holding = Named("g.0");
  holding.held_weight = 0;
  UsePlan({holding});
  Online(1, 20);
  Arrive(1);
  Arrive(2);
  Ok(Wait(router_->Hold(shop_, Session(1), Agent(1), Get(1).fence())));
  EXPECT_TRUE(Routing(1).held);
  EXPECT_EQ(OwnerOf(2), Agent(1).str());
  EXPECT_EQ(GetAgent(1).used(), 20u);
  Ok(Wait(router_->Unhold(shop_, Session(1))));
  EXPECT_EQ(GetAgent(1).used(), 40u);
  EXPECT_THAT(Ok(Wait(router_->Unhold(shop_, Session(1)))).sessions, IsEmpty());
  EXPECT_EQ(ReasonOf(Wait(router_->Hold(shop_, Session(1), Agent(1), 9))), "STALE_FENCE");
  EXPECT_EQ(ReasonOf(Wait(router_->Hold(shop_, Session(1), Agent(2), 1))), "NOT_OWNER");
}

TEST_F(PlanTest, ASessionGoesToTheQueueOfAnotherGroup) {
  UsePlan({Named("g.0"), Named("h.0")});
  OnlineIn(1, {{"g.0"}});
  OnlineIn(2, {{"h.0"}});
  Arrive(1);
  Ok(Wait(router_->TransferToGroup(shop_, Session(1), Agent(1), Get(1).fence(), "h")));
  EXPECT_EQ(OwnerOf(1), Agent(2).str());
  EXPECT_EQ(Routing(1).group, "h");
  EXPECT_EQ(Get(1).enqueue_time().seconds(), kStart / 1000);
  Ok(Wait(router_->Requeue(shop_, Session(1), "g")));
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
  EXPECT_EQ(Routing(1).cause, "requeued");
  EXPECT_EQ(Wait(router_->Requeue(shop_, Session(1), "nowhere")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(PlanTest, WhoWaitsWhereThePlanHasNoClassAnyMoreGoesToWhatItHasInstead) {
  UsePlan({Named("g.0"), Named("h.0")});
  ArriveIn("h", 1);
  ArriveIn("h", 2);
  EXPECT_EQ(Routing(1).class_name, "h.0");
  UsePlan({Named("g.0")});
  EXPECT_EQ(Routing(1).class_name, "g.0");
  OnlineIn(1, {{"g.0"}});
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
  EXPECT_EQ(OwnerOf(2), Agent(1).str());
  EXPECT_THAT(Ok(Wait(router_->Reconcile(shop_))), IsEmpty());
}

TEST_F(PlanTest, AGatewayThatHasTheNewPlanBringsItAndOneThatHasAnOlderOneGoesOn) {
  UsePlan({Named("g.0")});
  plans_.Set(ClassTable({Named("h.0")}, 2));
  const std::unique_ptr<Router> newer = NewRouter({.plans = &plans_});
  Ok(Wait(newer->Arrive(shop_, Arriving(1))));
  EXPECT_EQ(Routing(1).class_name, "h.0");
  Arrive(2);  // by the router that knew of the first plan only
  EXPECT_EQ(Routing(2).class_name, "h.0");
  const std::unique_ptr<Router> without = NewRouter({});
  Ok(Wait(without->Arrive(shop_, Arriving(3))));
  EXPECT_EQ(Routing(3).class_name, "h.0") << "what it calls g.0 is not in the plan";
}

TEST_F(PlanTest, AnAgentsProfileIsNewIfItOrThePlanIsAndNeitherIsOld) {
  UsePlan({Named("g.0"), Named("h.0")});
  OnlineIn(1, {{"h.0"}});
  // A gateway of the release before, which knows of no plans.
  functions_->Fcall("set_profile", {"g.0", "h.0"}, {Agent(1).str(), "2", "60", "0", "1", "g.0"},
                    std::to_string(kStart), "1");
  EXPECT_EQ(GetAgent(1).capacity(), 60u);
  ArriveIn("h", 1);
  EXPECT_EQ(OwnerOf(1), Agent(1).str()) << "it still serves h";
  UsePlan({Named("g.0"), Named("h.0")});
  Ok(Wait(router_->UpdateAgent(shop_, {.agent = Agent(1), .capacity = 60, .config_version = 2},
                               false)));
  Arrive(2);
  EXPECT_EQ(OwnerOf(2), Agent(1).str()) << "by the new plan everybody serves g, too";
}

// Availability sets had the scores of the old strategy until every agent was updated.
TEST_F(PlanTest, ANewStrategyIsFollowedAtOnce) {
  UsePlan({With(Strategy::kLeastLoaded)});
  Online(2);
  Arrive(1);
  clock_.Advance(1000);
  Online(1);
  Arrive(2);
  Complete(2);
  UsePlan({With(Strategy::kLongestIdle)});
  Arrive(3);
  EXPECT_EQ(OwnerOf(3), Agent(2).str()) << "the one with more to do, and longer without a new one";
}

}  // namespace
}  // namespace kefu::gateway::routing
