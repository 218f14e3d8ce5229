#include "gateway/sessions/plan_settler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "gateway/sessions/routing_plans.h"
#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"
#include "tests/support/await.h"

namespace kefu::gateway::sessions {
namespace {

using kefu::test::Await;
using test::World;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kAgents = 130;  // more than a page

class PlanSettlerTest : public ::testing::Test {
 protected:
  PlanSettlerTest() { world_.AddShop("demo"); }

  void Set(const std::string& group) {
    v1::RoutingConfig config;
    config.add_groups()->set_group(group);
    config.set_default_group(group);
    ASSERT_TRUE(Await(there_.Set(world_.Fresh(), world_.demo, config, std::nullopt, "")).ok());
  }
  std::string GroupOf(const routing::RoutingPlan& plan) { return plan.GroupFor({}); }

  World world_;
  directory::RoutingConfigs here_{world_.store, world_.here.notices, test::ManualMonotonicMs};
  directory::RoutingConfigs there_{world_.store, world_.there.notices, test::ManualMonotonicMs};
  RoutingPlans plans_{here_};
  // What routing was told.
  std::vector<std::string> configured_;
  std::vector<std::string> told_;
  int fail_after_ = kAgents;
  PlanSettler settler_{{here_, plans_, world_.here.directory,
                        [this](ShopId shop) -> Task<absl::Status> {
                          const auto plan = co_await plans_.PlanOf(shop, 0);
                          configured_.push_back(GroupOf(**plan));
                          co_return absl::OkStatus();
                        },
                        [this](ShopId, directory::AgentInfo agent) -> Task<absl::Status> {
                          if (static_cast<int>(told_.size()) >= fail_after_)
                            co_return absl::UnavailableError("the store is gone");
                          told_.push_back(agent.id.str());
                          co_return absl::OkStatus();
                        }}};
};

TEST_F(PlanSettlerTest, NothingIsDoneIfNothingIsOwed) {
  EXPECT_TRUE(Await(settler_.Settle(world_.demo)).ok());
  EXPECT_THAT(configured_, IsEmpty());
}

TEST_F(PlanSettlerTest, ThePlanComesFirstThenEveryAgentOnce) {
  for (int i = 0; i < kAgents; ++i) {
    const std::string login = "agent" + std::to_string(i);
    world_.AddPerson(login);
    world_.AddAgent("demo", login);
  }
  Set("sales");
  ASSERT_TRUE(Await(settler_.Settle(world_.demo)).ok());
  EXPECT_THAT(configured_, ElementsAre("sales"));
  EXPECT_THAT(std::set<std::string>(told_.begin(), told_.end()), SizeIs(kAgents));
  EXPECT_THAT(told_, SizeIs(kAgents));
  ASSERT_TRUE(Await(settler_.Settle(world_.demo)).ok());
  EXPECT_THAT(configured_, SizeIs(1));
}

TEST_F(PlanSettlerTest, WhatWasCutOffIsDoneAgainFromTheBeginning) {
  for (const char* login : {"li.wei", "sam.one", "ann.two"}) {
    world_.AddPerson(login);
    world_.AddAgent("demo", login);
  }
  Set("sales");
  fail_after_ = 1;
  EXPECT_TRUE(absl::IsUnavailable(Await(settler_.Settle(world_.demo))));
  EXPECT_EQ(Await(here_.Unsettled(world_.demo)).value(), 1u);
  fail_after_ = kAgents;
  told_.clear();
  ASSERT_TRUE(Await(settler_.Settle(world_.demo)).ok());
  EXPECT_THAT(told_, SizeIs(3));
  EXPECT_EQ(Await(here_.Unsettled(world_.demo)).value(), std::nullopt);
}

TEST_F(PlanSettlerTest, TheNewestConfigurationIsFollowedThoughItsNoticeWasLost) {
  Set("sales");
  ASSERT_TRUE(Await(settler_.Settle(world_.demo)).ok());
  world_.notices_arrive = false;
  Set("after");
  EXPECT_EQ(GroupOf(*Await(plans_.Of(world_.demo)).value()), "sales");
  ASSERT_TRUE(Await(settler_.Settle(world_.demo)).ok());
  EXPECT_THAT(configured_, ElementsAre("sales", "after"));
}

TEST_F(PlanSettlerTest, WhoKnowsOfANewerPlanGetsIt) {
  Set("sales");
  EXPECT_EQ(GroupOf(*Await(plans_.Of(world_.demo)).value()), "sales");
  world_.notices_arrive = false;
  Set("after");
  EXPECT_EQ(GroupOf(*Await(plans_.PlanOf(world_.demo, 1)).value()), "sales");
  EXPECT_EQ(GroupOf(*Await(plans_.PlanOf(world_.demo, 2)).value()), "after");
  EXPECT_EQ(GroupOf(*Await(plans_.Of(world_.demo)).value()), "after");
  // One that nobody has written yet: the newest is well.
  EXPECT_EQ(GroupOf(*Await(plans_.PlanOf(world_.demo, 9)).value()), "after");
}

TEST_F(PlanSettlerTest, AShopWithoutAConfigurationHasOneGroup) {
  const RoutingPlans::Shared plan = Await(plans_.Of(world_.demo)).value();
  EXPECT_EQ(plan->version(), 0u);
  EXPECT_EQ(GroupOf(*plan), "g");
}

}  // namespace
}  // namespace kefu::gateway::sessions
