// A control: a consumer that acknowledges before the effect loses events, so the tests that count
// effects can tell. A program of its own, since failpoints are armed once.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "tests/services/common/events/support/consuming.h"
#include "tests/support/await.h"

namespace kefu::events {
namespace {

using test::Await;
using test::Eventually;
using test::kMade;

TEST(ConsumerControlTest, AcknowledgedFirstAnEventThatFailsOnceIsLost) {
#ifndef KEFU_FAILPOINTS
  GTEST_SKIP() << "built without failpoints";
#endif
  setenv("KEFU_FAILPOINTS", "consumer.acknowledge_first=on", /*overwrite=*/1);
  const ShopId shop = *ShopId::Parse("tea");
  const SystemClock clock;
  test::MemoryCursors cursors(clock);
  test::Effects effects;
  test::Publishing orders("orders");
  for (int i = 0; i < 3; ++i) orders.log.Append(shop, kMade);
  std::atomic<bool> failed = false;
  test::Consuming process(cursors, {&orders});
  process
      .On("orders", kMade,
          [&](Delivery delivery) -> Task<absl::StatusOr<Effect>> {
            if (delivery.envelope.seq() == 2 && !failed.exchange(true)) {
              co_return absl::UnavailableError("not now");
            }
            co_return co_await test::Commit(cursors, effects, std::move(delivery));
          })
      .Start();
  ASSERT_TRUE(
      Eventually([&] { return *Await(cursors.Get(shop, "orders")) == orders.log.head(shop); }));
  ASSERT_TRUE(Eventually([&] { return effects.size() == 2; }));
  EXPECT_EQ(effects.Counts().count(orders.log.events(shop)[1].id()), 0u);
}

}  // namespace
}  // namespace kefu::events
