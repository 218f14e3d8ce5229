#include "gateway/sessions/session_upkeep.h"

#include <gtest/gtest.h>

#include <atomic>

#include "services/common/base/async.h"
#include "services/common/server/io_threads.h"
#include "tests/gateway/routing/support/router_fixture.h"
#include "tests/support/eventually.h"
#include "tests/support/redis_server.h"

namespace kefu::gateway::sessions {
namespace {

using kefu::test::Eventually;

class SessionUpkeepTest : public routing::test::RouterTest {
 protected:
  static Task<absl::StatusOr<routing::KnownAgent>> Nobody(ShopId, AgentId) {
    co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_AGENT", "There is no such agent.");
  }

  server::IoThreads io_{1};
  metrics::Metrics metrics_;
  InquiriesClient inquiries_{std::vector<server::ChannelPtr>()};
  std::unique_ptr<events::Publisher> publisher_ = *events::Publisher::Bind("tcp://127.0.0.1:0");
  Announcer announcer_{inquiries_, *publisher_, Nobody, clock_};
  SessionCursors cursors_{*shards_, *router_};
  events::Consumer consumer_{{.service = "gateway", .cursors = cursors_}, metrics_};
};

TEST_F(SessionUpkeepTest, AShopThatTakesLongHoldsUpNoOther) {
  const ShopId slow = *ShopId::Parse("a-slow");
  const ShopId quick = *ShopId::Parse("b-quick");
  std::atomic<bool> quick_done = false;
  std::atomic<bool> over = false;
  SessionUpkeep::Hooks hooks;
  hooks.list_shops = [&]() -> Task<absl::StatusOr<std::vector<ShopId>>> {
    co_return std::vector<ShopId>{slow, quick};
  };
  hooks.shop_seen = [](const ShopId&) {};
  hooks.repair = [&](ShopId shop) -> Task<absl::Status> {
    if (shop == quick) quick_done = true;
    while (!quick_done && !over) {
      co_await SleepMs(1);
    }
    co_return absl::OkStatus();
  };
  SessionUpkeep upkeep(*shards_, consumer_, cursors_, *router_, announcer_, hooks, metrics_);
  consumer_.Start(io_.Next());
  upkeep.Start(io_.Next());
  EXPECT_TRUE(Eventually([&] { return quick_done.load(); }));
  over = true;
  upkeep.Stop();
  consumer_.Stop();
  io_.Stop();
}

TEST_F(SessionUpkeepTest, WithoutItsFunctionsAGatewayIsNotReady) {
  kefu::test::RedisServer empty;
  const auto shards = redis::ShardMap::Single({empty.address(), "", ""});
  SessionUpkeep::Hooks hooks;
  hooks.list_shops = []() -> Task<absl::StatusOr<std::vector<ShopId>>> {
    co_return std::vector<ShopId>();
  };
  SessionUpkeep upkeep(*shards, consumer_, cursors_, *router_, announcer_, hooks, metrics_);
  upkeep.Start(io_.Next());
  EXPECT_FALSE(upkeep.functions_ready());
  empty.LoadFunctions("gateway");
  EXPECT_TRUE(Eventually([&] { return upkeep.functions_ready(); }));
  redis::Command older = {"FUNCTION", "LOAD", "REPLACE",
                          "#!lua name=kefu_gateway\nredis.register_function('gateway_version_v1', "
                          "function() return {'OK', '2'} end)"};
  ASSERT_TRUE(Wait(shards->System().Call(older)).ok());
  EXPECT_TRUE(Eventually([&] { return !upkeep.functions_ready(); }));
  upkeep.Stop();
  io_.Stop();
}

}  // namespace
}  // namespace kefu::gateway::sessions
