// What a shop with a plan tells: why a session waits, why an agent got it, the board.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/routing/support/plan_fixture.h"

namespace kefu::gateway::routing {
namespace {

using test::kStart;
using test::Named;
using test::PlanTest;
using testing::SizeIs;

TEST_F(PlanTest, ExplainTellsWhyASessionWaitsAndWhoIsNext) {
  UsePlan({Named("g.0")});
  Online(1, 20);
  Arrive(1);
  Arrive(2);
  Arrive(3);
  const Explanation waits = Ok(Wait(router_->Explain(shop_, Session(3))));
  EXPECT_EQ(waits.session.session.state(), v1::Session::STATE_WAITING);
  EXPECT_EQ(waits.ahead, 1u);
  EXPECT_EQ(waits.eligible, 1u);
  EXPECT_EQ(waits.with_room, 0u);
  EXPECT_EQ(waits.next_session, Session(2).str());
  EXPECT_EQ(waits.next_agent, "");
  EXPECT_EQ(Ok(Wait(router_->CountAhead(shop_, Session(3)))), 1u);
  EXPECT_EQ(Ok(Wait(router_->CountAhead(shop_, Session(1)))), 0u);
  Online(2, 0);
  Ok(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, std::nullopt)));
  const Explanation shut_out = Ok(Wait(router_->Explain(shop_, Session(1))));
  ASSERT_THAT(shut_out.excluded, SizeIs(1));
  EXPECT_EQ(shut_out.excluded[0].first, Agent(1).str());
  EXPECT_EQ(shut_out.excluded[0].second.ms, kStart + 60'000);
}

TEST_F(PlanTest, AnAssignmentTellsWhyAndWhoCameNext) {
  UsePlan({Named("g.0")});
  Online(1);
  Online(2);
  Arrive(1);
  Assignment chosen = Routing(1).assignment;
  EXPECT_EQ(chosen.how, "session");
  EXPECT_EQ(chosen.eligible, 2);
  EXPECT_EQ(chosen.runner_up, Agent(2).str());
  EXPECT_EQ(chosen.strategy, static_cast<int>(Strategy::kLeastLoaded));
  Connect(3, 20);
  SetPresence(1, v1::PRESENCE_BREAK);
  SetPresence(2, v1::PRESENCE_BREAK);
  Arrive(2);
  Arrive(3);
  clock_.Advance(500);
  SetPresence(3, v1::PRESENCE_ONLINE);
  chosen = Routing(2).assignment;
  EXPECT_EQ(chosen.how, "agent");
  EXPECT_EQ(chosen.waited_ms, 500);
  const std::vector<Event> log = Ok(Wait(router_->ReadEvents(shop_, 0, 100)));
  EXPECT_EQ(log.back().change.assignment.how, "agent");
}

TEST_F(PlanTest, TheBoardCountsByGroup) {
  ClassSpec h = Named("h.0");
  h.push = Push::kOffer;
  UsePlan({Named("g.0"), h});
  OnlineIn(1, {{"g.0"}}, 20);
  OnlineIn(2, {{"h.0"}}, 20);
  Arrive(1);
  clock_.Advance(1000);
  Arrive(2);
  ArriveIn("h", 3);
  ArriveIn("h", 4);
  std::map<std::string, GroupFigures> board = Ok(Wait(router_->GetBoard(shop_)));
  EXPECT_EQ(board["g"].active, 1u);
  EXPECT_EQ(board["g"].waiting, 1u);
  EXPECT_EQ(board["g"].online, 1u);
  EXPECT_EQ(board["g"].served_today, 1u);
  EXPECT_EQ(board["g"].in_time_today, 1u);
  EXPECT_EQ(board["g"].oldest->ms, kStart + 1000);
  EXPECT_EQ(board["h"].offered, 1u);
  EXPECT_EQ(board["h"].waiting, 1u);
  EXPECT_EQ(board["h"].served_today, 0u);
  Ok(Accept(3, 2));
  clock_.Advance(86'400'000);
  board = Ok(Wait(router_->GetBoard(shop_)));
  EXPECT_EQ(board["h"].active, 1u);
  EXPECT_EQ(board["h"].served_today, 0u) << "another day";
}

}  // namespace
}  // namespace kefu::gateway::routing
