// What a shop's own document says of weights, exclusions and waits for the last agent.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "gateway/routing/config/plan.h"
#include "tests/gateway/routing/support/router_fixture.h"

namespace kefu::gateway::routing {
namespace {

using test::kStart;
using test::RouterTest;
using testing::IsEmpty;

class Document final : public PlanSource {
 public:
  explicit Document(const std::string& text) {
    v1::RoutingConfig config;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
    plan_ = std::make_shared<config::Plan>(std::move(config), 1);
  }
  Task<absl::StatusOr<std::shared_ptr<const RoutingPlan>>> PlanOf(ShopId, uint64_t) override {
    co_return plan_;
  }

 private:
  // Shared as the interface wants it.
  std::shared_ptr<const RoutingPlan> plan_;
};

class DocumentTest : public RouterTest {
 protected:
  DocumentTest() {
    router_ = NewRouter({.plans = &document_});
    Ok(Wait(router_->Configure(shop_)));
  }
  Outcome ArriveBy(const std::string& channel, int n) {
    Arrival arrival = Arriving(n);
    arrival.channel = channel;
    return Ok(Wait(router_->Arrive(shop_, arrival)));
  }
  // How long a session with this priority waits for agent 1.
  int64_t WaitForLastAgent(const std::string& priority, int n) {
    Arrival arrival = Arriving(n);
    arrival.priority = priority;
    arrival.last_agent = Agent(1);
    Ok(Wait(router_->Arrive(shop_, arrival)));
    const Explanation waits = Ok(Wait(router_->Explain(shop_, Session(n))));
    return waits.sticky_until.value_or(TimePoint{kStart}).ms - kStart;
  }

  Document document_{R"pb(
                       groups { group: "g" }
                       default_group: "g"
                       weights { widget: 20 email: 10 call: 100 held: 5 wrap_up: 5 }
                       timeouts {
                         wrap_up {}
                         exclusion { seconds: 5 }
                       }
                       sticky {
                         wait { seconds: 30 }
                         vip_wait { seconds: 90 }
                       }
                     )pb"};
};

TEST_F(DocumentTest, ASessionWeighsWhatItsChannelSaysFromItsArrivalOn) {
  Online(1, 100);
  ArriveBy("email", 1);
  EXPECT_EQ(GetAgent(1).used(), 10u);
  ArriveBy("call", 2);
  EXPECT_EQ(OwnerOf(2), "") << "it takes a whole agent";
  ArriveBy("widget", 3);
  EXPECT_EQ(GetAgent(1).used(), 30u) << "what is lighter passes it";
  Complete(1);
  Complete(3);
  EXPECT_EQ(OwnerOf(2), Agent(1).str());
  EXPECT_EQ(GetAgent(1).used(), 100u);
  ArriveBy("email", 4);
  EXPECT_EQ(OwnerOf(4), "");
  Ok(Wait(router_->Hold(shop_, Session(2), Agent(1), Get(2).fence())));
  EXPECT_EQ(GetAgent(1).used(), 15u) << "5 on hold, and the one that waited";
  Ok(Wait(router_->Unhold(shop_, Session(2))));
  EXPECT_EQ(GetAgent(1).used(), 110u) << "again what its channel says";
  EXPECT_THAT(Ok(Wait(router_->Reconcile(shop_))), IsEmpty());
}

TEST_F(DocumentTest, AnEmailFitsWhereAChatDoesNot) {
  Online(1, 30);
  ArriveBy("widget", 1);
  ArriveBy("widget", 2);
  EXPECT_EQ(OwnerOf(2), "");
  ArriveBy("email", 3);
  EXPECT_EQ(OwnerOf(3), Agent(1).str());
}

TEST_F(DocumentTest, AMovedSessionKeepsItsWeight) {
  Online(1, 100);
  Online(2, 100);
  ArriveBy("call", 1);
  Ok(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, std::nullopt)));
  EXPECT_EQ(OwnerOf(1), Agent(2).str());
  EXPECT_EQ(GetAgent(1).used(), 0u);
  EXPECT_EQ(GetAgent(2).used(), 100u);
}

TEST_F(DocumentTest, TheShopSaysHowLongWhoGaveASessionAwayDoesNotGetIt) {
  Online(1);
  Arrive(1);
  Ok(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, std::nullopt)));
  Pass(4'999, {1});
  EXPECT_EQ(OwnerOf(1), "");
  Pass(1, {1});
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
}

TEST_F(DocumentTest, VipsWaitLongerForTheirLastAgent) {
  Online(1, 20);
  Online(2, 20);
  Arrive(1);
  Arrive(2);
  EXPECT_EQ(WaitForLastAgent("", 3), 30'000);
  EXPECT_EQ(WaitForLastAgent("member", 4), 30'000);
  EXPECT_EQ(WaitForLastAgent("vip", 5), 90'000);
}

}  // namespace
}  // namespace kefu::gateway::routing
