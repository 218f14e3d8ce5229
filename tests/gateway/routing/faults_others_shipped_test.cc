// Faults that other products shipped, one test each; the number is theirs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/gateway/routing/support/router_fixture.h"

namespace kefu::gateway::routing {
namespace {

using test::FunctionStore;
using test::kStart;
using test::RouterTest;
using testing::IsEmpty;
using testing::SizeIs;

class FaultsOthersShipped : public RouterTest {
 protected:
  static ClassSpec Named(std::string name, Push push = Push::kDirect) {
    ClassSpec spec;
    spec.name = std::move(name);
    spec.push = push;
    return spec;
  }
  // Does the same on three connections at once, as three gateways would.
  template <class Work>
  void OnThreeReplicas(Work work) {
    std::vector<std::thread> replicas;
    for (int replica = 0; replica < 3; ++replica) {
      replicas.emplace_back([this, replica, &work] {
        FunctionStore store(server_.socket(), "demo", Policy{});
        work(store, replica);
      });
    }
    for (std::thread& replica : replicas) replica.join();
  }
};

// Rocket.Chat PR 37776: count, then assign.
TEST_F(FaultsOthersShipped, ThreeReplicasNeverGiveAnAgentMoreThanItsLimit) {
  Online(1, 60);
  OnThreeReplicas([](FunctionStore& store, int replica) {
    for (int n = 0; n < 50; ++n) {
      const OpenSession open{.session = Session(100 * replica + n).str(), .class_name = "g.0"};
      ASSERT_TRUE(store.Apply(open, TimePoint{kStart}).ok());
    }
  });
  EXPECT_EQ(GetAgent(1).used(), 60u);
  EXPECT_THAT(Violations(functions_->ReadDump(), ClassTable::SingleGroup(), true), IsEmpty());
}

// Rocket.Chat #22206, Zammad #3156: two agents accepted one chat.
TEST_F(FaultsOthersShipped, OneOfThreeAgentsThatTakeASessionAtOnceGetsIt) {
  ClassSpec claimed = Named("g.0");
  claimed.strategy = Strategy::kManualClaim;
  UsePlan({claimed});
  for (int n = 1; n <= 3; ++n) Online(n, 1000);
  for (int n = 1; n <= 40; ++n) Arrive(n);
  std::atomic<int> taken{0};
  OnThreeReplicas([&taken](FunctionStore& store, int replica) {
    for (int n = 1; n <= 40; ++n) {
      const ClaimSession claim{.session = Session(n).str(), .agent = Agent(replica + 1).str()};
      taken += store.Apply(claim, TimePoint{kStart}).ok() ? 1 : 0;
    }
  });
  EXPECT_EQ(taken, 40);
  EXPECT_EQ(GetAgent(1).used() + GetAgent(2).used() + GetAgent(3).used(), 40 * 20u);
}

// Chatwoot PR 15275: automation, hand and router wrote the owner, each over the other.
TEST_F(FaultsOthersShipped, EveryChangeOfOwnerGoesThroughOneComparison) {
  UsePlan({Named("g.0", Push::kOffer)});
  Online(1, 20);
  Arrive(1);
  const uint64_t offer = Routing(1).offer;
  Connect(2);
  Ok(Wait(router_->TakeOver(shop_, Session(1), Agent(2))));
  // The router's offer, the agent's transfer and the automation's requeue all come too late.
  EXPECT_EQ(ReasonOf(Wait(router_->Accept(shop_, Session(1), Agent(1), 1, offer))), "STALE_OFFER");
  EXPECT_EQ(ReasonOf(Wait(router_->Transfer(shop_, Session(1), Agent(1), 1, std::nullopt))),
            "STALE_FENCE");
  EXPECT_EQ(ReasonOf(Wait(router_->Requeue(shop_, Session(1), std::nullopt, 1))), "STALE_FENCE");
  EXPECT_EQ(OwnerOf(1), Agent(2).str());
}

// Chatwoot #10583, #13050: a released slot stayed empty.
TEST_F(FaultsOthersShipped, EveryWayOfFreeingASlotServesTheNext) {
  ClassSpec spec = Named("g.0");
  spec.held_weight = 0;
  UsePlan({spec, Named("h.0")});
  Online(1, 20);
  Connect(9);
  int n = 1;
  Arrive(n);
  auto next_is_served = [this, &n](const char* how) {
    EXPECT_EQ(OwnerOf(n + 1), Agent(1).str()) << how;
    ++n;
  };
  Arrive(n + 1);
  Complete(n);
  next_is_served("complete");
  Arrive(n + 1);
  Ok(Wait(router_->TakeOver(shop_, Session(n), Agent(9))));
  next_is_served("take-over");
  Arrive(n + 1);
  Ok(Wait(router_->Hold(shop_, Session(n), Agent(1), Get(n).fence())));
  next_is_served("hold");
  Arrive(n + 1);
  Ok(Wait(router_->UpdateAgent(shop_, {.agent = Agent(1), .capacity = 40, .config_version = 2},
                               false)));
  next_is_served("more capacity");
}

// Open Match #1683: deleted tickets stayed in an index.
TEST_F(FaultsOthersShipped, AClosedSessionStandsInNoSet) {
  UsePlan({Named("g.0", Push::kOffer)});
  Arrive(1);  // waits
  Arrive(2);  // its buyer is away
  Ok(Wait(router_->SetBuyerPresent(shop_, Session(2), false)));
  Complete(1);
  Complete(2);
  Online(1);
  Arrive(3);  // is offered
  Complete(3);
  const Dump dump = functions_->ReadDump();
  EXPECT_THAT(dump.waiting, IsEmpty());
  EXPECT_THAT(dump.state.tombstones, SizeIs(3));
  EXPECT_THAT(dump.state.timers, IsEmpty());
  EXPECT_THAT(dump.counts, IsEmpty());
}

// FreeSWITCH #2540: a passing state without a deadline kept an agent for ever.
TEST_F(FaultsOthersShipped, EveryPassingStateEndsByItself) {
  ClassSpec spec = Named("g.0", Push::kOffer);
  spec.wrap_ms = 30'000;
  spec.wrap_weight = 20;
  spec.waiting_limit_ms = 600'000;
  UsePlan({spec});
  Online(1, 40);
  Arrive(1);
  Ok(Accept(1, 1));
  Complete(1);  // wraps up
  Arrive(2);    // is offered
  // The agent's computer is gone, and nobody does anything.
  for (int i = 0; i < 100; ++i) {
    clock_.Advance(10'000);
    Sweep();
  }
  EXPECT_EQ(Get(1).state(), v1::Session::STATE_CLOSED);
  EXPECT_EQ(Get(2).state(), v1::Session::STATE_CLOSED);
  EXPECT_EQ(GetAgent(1).used(), 0u);
  EXPECT_FALSE(Sweep().next_due.has_value());
}

// FreeSWITCH PR 800: a change of status during an offer made a hot loop of offers.
TEST_F(FaultsOthersShipped, GoingAwayAndComingBackDuringAnOfferMakesNoLoop) {
  UsePlan({Named("g.0", Push::kOffer)});
  Online(1, 20);
  Arrive(1);
  const uint64_t before = Get(1).version();
  SetPresence(1, v1::PRESENCE_BREAK);
  SetPresence(1, v1::PRESENCE_ONLINE);
  for (int i = 0; i < 50; ++i) Sweep();
  EXPECT_EQ(Get(1).version(), before + 2) << "taken back, offered again, and that is all";
  // A program that declines whatever it is offered, and is alone.
  const uint64_t declining = Get(1).version();
  for (int i = 0; i < 60; ++i) {
    if (Get(1).state() == v1::Session::STATE_OFFERED) Ok(Decline(1, 1));
    clock_.Advance(100);
    Sweep();
  }
  EXPECT_LE(Get(1).version(), declining + 4) << "it is asked every five seconds, not at once";
}

// FreeSWITCH PR 1221: a last agent who was away halted the queue.
TEST_F(FaultsOthersShipped, ALastAgentWhoIsAwayHoldsNobodyUp) {
  ClassSpec sticky = Named("g.0");
  sticky.sticky_ms = 30'000;
  UsePlan({sticky});
  Online(1);
  SetPresence(1, v1::PRESENCE_BREAK);
  Online(2, 40);
  Arrival back = Arriving(1);
  back.last_agent = Agent(1);
  Ok(Wait(router_->Arrive(shop_, back)));
  Arrive(2);
  EXPECT_EQ(OwnerOf(1), Agent(2).str());
  EXPECT_EQ(OwnerOf(2), Agent(2).str());
}

// Asterisk #108: queues that look at callers one by one were unfair to each other.
TEST_F(FaultsOthersShipped, WhoeverCameFirstIsServedFirstOverAllQueuesOfAnAgent) {
  UsePlan({Named("g.0"), Named("h.0"), Named("k.0")});
  const char* groups[] = {"k", "g", "h", "g", "k", "h"};
  for (int n = 1; n <= 6; ++n) {
    ArriveIn(groups[n - 1], n);
    clock_.Advance(1);
  }
  Online(1, 20);
  for (int n = 1; n <= 6; ++n) {
    EXPECT_EQ(OwnerOf(n), Agent(1).str()) << n;
    Complete(n);
  }
}

// Rocket.Chat PR 23404: a forwarded chat stayed with the agent who had forwarded it.
TEST_F(FaultsOthersShipped, WhoGaveASessionAwayHoldsNothingOfIt) {
  UsePlan({Named("g.0"), Named("h.0")});
  Online(1, 100);
  Online(2, 100);
  Arrive(1);
  const bool first = OwnerOf(1) == Agent(1).str();
  const int giver = first ? 1 : 2, taker = first ? 2 : 1;
  Ok(Wait(router_->Transfer(shop_, Session(1), Agent(giver), 1, Agent(taker))));
  EXPECT_THAT(Ok(Wait(router_->GetAgent(shop_, Agent(giver)))).sessions, IsEmpty());
  EXPECT_EQ(GetAgent(giver).used(), 0u);
  Ok(Wait(router_->TransferToGroup(shop_, Session(1), Agent(taker), 2, "h")));
  EXPECT_THAT(Ok(Wait(router_->GetAgent(shop_, Agent(taker)))).sessions, IsEmpty());
  EXPECT_EQ(GetAgent(taker).used(), 0u);
}

// Chatwoot #10798: two first messages at once made two conversations. inquiries opens one inquiry;
// routing hears of it twice.
TEST_F(FaultsOthersShipped, ASessionThatArrivesTwiceAtOnceIsOne) {
  Online(1, 1000);
  OnThreeReplicas([](FunctionStore& store, int) {
    for (int n = 0; n < 30; ++n) {
      const OpenSession open{.session = Session(n).str(), .class_name = "g.0"};
      ASSERT_TRUE(store.Apply(open, TimePoint{kStart}).ok());
    }
  });
  EXPECT_EQ(GetAgent(1).used(), 600u);
  EXPECT_EQ(functions_->ReadDump().state.arrivals, 30);
}

}  // namespace
}  // namespace kefu::gateway::routing
