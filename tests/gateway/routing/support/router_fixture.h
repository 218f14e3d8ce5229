// A Router on a private Redis and a clock set by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/routing/router.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/redis/shard_map.h"
#include "tests/gateway/routing/support/function_store.h"
#include "tests/gateway/routing/support/wait_for.h"
#include "tests/support/redis_server.h"

namespace kefu::gateway::routing::test {

inline constexpr int64_t kStart = 1'700'000'000'000;

// A plan set by hand; every agent serves all of it, at level 3.
class PlansByHand final : public PlanSource {
 public:
  void Set(ClassTable classes) { plan_ = std::make_shared<EverybodyServes>(std::move(classes)); }
  Task<absl::StatusOr<std::shared_ptr<const RoutingPlan>>> PlanOf(ShopId, uint64_t) override {
    co_return plan_;
  }

 private:
  // Shared as the interface wants it: routers keep the plan that they were given.
  std::shared_ptr<const RoutingPlan> plan_ =
      std::make_shared<EverybodyServes>(ClassTable::SingleGroup());
};

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    server_.LoadFunctions("gateway");
    shards_ = redis::ShardMap::Single({server_.address(), "", ""});
    router_ = NewRouter({});
    functions_ = std::make_unique<FunctionStore>(server_.socket(), "demo", Policy{});
  }

  std::unique_ptr<Router> NewRouter(Router::Options options) {
    options.test_clock = &clock_;
    return std::make_unique<Router>(*shards_, std::move(options));
  }

  // The shop has this plan from now on.
  void UsePlan(std::vector<ClassSpec> classes) {
    plans_.Set(ClassTable(std::move(classes), ++plan_version_));
    router_ = NewRouter({.plans = &plans_});
    Ok(Wait(router_->Configure(shop_)));
  }

  template <class T>
  static T Wait(Task<T> task) {
    return kefu::test::WaitFor(std::move(task));
  }

  // The n-th session of the tests; each belongs to another conversation.
  static SessionId Session(int n) { return SessionId(ConversationId::FromToken(Token(n)), 1); }
  static AgentId Agent(int n) { return AgentId::FromToken(Token(n)); }
  static Arrival Arriving(int n) {
    return {.session = Session(n), .buyer = BuyerId::FromToken(Token(n)), .language = "zh-CN"};
  }

  Outcome Arrive(int n) { return Ok(Wait(router_->Arrive(shop_, Arriving(n)))); }
  Outcome ArriveIn(const std::string& group, int n) {
    Arrival arrival = Arriving(n);
    arrival.group = group;
    return Ok(Wait(router_->Arrive(shop_, arrival)));
  }
  SessionChange Routing(int n) { return Ok(Wait(router_->GetRouting(shop_, Session(n)))); }
  absl::StatusOr<Outcome> Accept(int session, int agent) {
    return Wait(router_->Accept(shop_, Session(session), Agent(agent),
                                GetAgent(agent).incarnation(), Routing(session).offer));
  }
  absl::StatusOr<Outcome> Decline(int session, int agent) {
    return Wait(router_->Decline(shop_, Session(session), Agent(agent), Routing(session).offer));
  }
  // Time passes while the agents' connections stay.
  void Pass(int64_t ms, const std::vector<int>& agents) {
    constexpr int64_t kStep = 20'000;
    for (; ms > 0; ms -= kStep) {
      clock_.Advance(std::min(ms, kStep));
      for (int agent : agents) Beat(agent, GetAgent(agent).incarnation());
      Sweep();
    }
  }
  Outcome Complete(int n) { return Ok(Wait(router_->Complete(shop_, Session(n)))); }
  Outcome Connect(int n, uint32_t capacity = 100) {
    return Ok(Wait(router_->ConnectAgent(shop_, {.agent = Agent(n), .capacity = capacity})));
  }
  Outcome SetPresence(int n, v1::Presence presence) {
    return Ok(Wait(router_->SetPresence(shop_, Agent(n), presence)));
  }
  // Connected and online.
  void Online(int n, uint32_t capacity = 100) {
    Connect(n, capacity);
    SetPresence(n, v1::PRESENCE_ONLINE);
  }
  void Beat(int n, uint64_t incarnation) {
    EXPECT_EQ(Ok(Wait(router_->Heartbeat(shop_, {{Agent(n).str(), incarnation}}))).size(), 0u);
  }
  Router::SweepResult Sweep() { return Ok(Wait(router_->Sweep(shop_))); }
  v1::Session Get(int n) { return Ok(Wait(router_->GetSession(shop_, Session(n)))); }
  v1::AgentState GetAgent(int n) { return Ok(Wait(router_->GetAgent(shop_, Agent(n)))).agent; }
  // Empty while it waits.
  std::string OwnerOf(int n) { return Get(n).agent(); }

  template <class T>
  static T Ok(absl::StatusOr<T> result) {
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : T{};
  }
  template <class T>
  static std::string ReasonOf(const absl::StatusOr<T>& result) {
    return ErrorReason(result.status());
  }

  const ShopId shop_ = *ShopId::Parse("demo");
  ManualClock clock_{TimePoint{kStart}};
  kefu::test::RedisServer server_;
  std::unique_ptr<redis::ShardMap> shards_;
  PlansByHand plans_;
  uint64_t plan_version_ = 0;
  std::unique_ptr<Router> router_;
  // The store behind the router's back.
  std::unique_ptr<FunctionStore> functions_;

 private:
  // 26 letters that end in the number.
  static std::string Token(int n) {
    std::string token(26, 'a');
    for (int at = 25; n > 0; n /= 26) token[at--] = static_cast<char>('a' + n % 26);
    return token;
  }
};

}  // namespace kefu::gateway::routing::test
