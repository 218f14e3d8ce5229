// The routing log keeps what every outbox promises.
#include "tests/contract/outbox_contract.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/routing/outbox.h"
#include "gateway/routing/router.h"
#include "proto/kefu/gateway/v1/events.pb.h"
#include "tests/contract/outbox_trimming_contract.h"
#include "tests/support/redis_server.h"

namespace kefu::contract {
namespace {

using gateway::routing::Router;
using test::Await;

// Things are sessions that two agents take over from each other; their states
// are their versions.
class RoutingWorld final : public OutboxWorld {
 public:
  RoutingWorld() { server_.LoadFunctions("gateway"); }

  events::Outbox &outbox() override { return *outbox_; }
  ManualClock &clock() override { return clock_; }

  std::string Put(const ShopId &shop, const std::string &thing) override {
    const SessionId session(ConversationId::FromToken(DeriveToken("thing", thing)), 1);
    things_[session.str()] = thing;
    const Outcome outcome =
        shops_[shop].insert(thing).second ? Begin(shop, session) : TakeOver(shop, session);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->sessions.size(), 1u);
    return StateOf(outcome->sessions.at(0).session);
  }
  std::optional<Shown> Look(const events::v1::Envelope &envelope) override {
    gateway::v1::SessionRouted routed;
    EXPECT_TRUE(routed.ParseFromString(envelope.data()));
    return Shown{things_.at(envelope.subject()), StateOf(routed.session())};
  }
  std::string type() override { return std::string(gateway::routing::kSessionRouted); }

  void CatchUp(const ShopId &shop) override {
    const auto at = Await(router_.GetCursor(shop, "routing"));
    ASSERT_TRUE(at.ok()) << at.status();
    const redis::Value seq = Command(shop, {"HGET", Key(shop, "meta"), "routing_seq"});
    const Router::Cursor head{1, seq.is_nil() ? 0 : static_cast<uint64_t>(seq.Int())};
    ASSERT_TRUE(Await(router_.AdvanceCursor(shop, "routing", *at, head)).value());
  }
  void DropBefore(const ShopId &shop, uint64_t first) override {
    Command(shop, {"XTRIM", Key(shop, "ev"), "MINID", "=", std::to_string(first) + "-0"});
  }

 private:
  using Outcome = absl::StatusOr<gateway::routing::Outcome>;

  static std::string StateOf(const gateway::v1::Session &session) {
    return "version " + std::to_string(session.version());
  }
  static std::string Key(const ShopId &shop, const std::string &name) {
    return "kf:gateway:{" + shop.str() + "}:" + name;
  }
  redis::Value Command(const ShopId &shop, redis::Command command) {
    return Await(shards_->Of(shop).Call(std::move(command))).value();
  }
  // Nobody is online, so it waits.
  Outcome Begin(const ShopId &shop, const SessionId &session) {
    const BuyerId buyer = BuyerId::FromToken(DeriveToken("buyer", session.str()));
    return Await(router_.Arrive(shop, {.session = session, .buyer = buyer}));
  }
  Outcome TakeOver(const ShopId &shop, const SessionId &session) {
    const AgentId agent = AgentId::FromToken(DeriveToken("agent", std::to_string(++turn_ % 2)));
    const auto connected = Await(router_.ConnectAgent(shop, {.agent = agent, .capacity = 10'000}));
    EXPECT_TRUE(connected.ok()) << connected.status();
    Outcome taken = Await(router_.TakeOver(shop, session, agent));
    // It had it already: the other one, then.
    if (taken.ok() && taken->sessions.empty()) return TakeOver(shop, session);
    return taken;
  }
  Task<absl::StatusOr<std::vector<ShopId>>> ListShops(std::string after, size_t limit) {
    std::vector<ShopId> shops;
    for (const auto &[shop, things] : shops_) {
      if (shop.str() > after && shops.size() < limit) shops.push_back(shop);
    }
    co_return shops;
  }

  test::RedisServer server_;
  ManualClock clock_{{1'700'000'000'000}};
  const std::unique_ptr<redis::ShardMap> shards_ =
      redis::ShardMap::Single({server_.address(), "", ""});
  Router router_{*shards_, {.test_clock = &clock_}};
  const std::unique_ptr<events::Outbox> outbox_ = gateway::routing::NewRoutingOutbox(
      *shards_, router_,
      [this](std::string after, size_t limit) { return ListShops(std::move(after), limit); },
      &clock_);
  std::map<ShopId, std::set<std::string>> shops_;
  // By session.
  std::map<std::string, std::string> things_;
  int turn_ = 0;
};

const OutboxSubject kRouting{"routing", [] { return std::make_unique<RoutingWorld>(); }};
INSTANTIATE_TEST_SUITE_P(Outbox, OutboxContract, testing::Values(kRouting), OutboxSubjectName);
INSTANTIATE_TEST_SUITE_P(Outbox, OutboxTrimmingContract, testing::Values(kRouting),
                         OutboxSubjectName);
// Its events are small.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OutboxOfBigEventsContract);

}  // namespace
}  // namespace kefu::contract
