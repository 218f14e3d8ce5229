// A consumer that refuses more than may be kept.
#include <gtest/gtest.h>

#include <atomic>

#include "services/common/base/status.h"
#include "tests/services/common/events/support/consuming.h"
#include "tests/support/await.h"

namespace kefu::test {
namespace {

TEST(ConsumerFull, WithAsManyDeadLettersAsMayBeTheLogStopsAndGoesOnOnceThereIsRoom) {
  const ShopId shop = *ShopId::Parse("demo");
  Publishing orders("orders");
  const SystemClock clock;
  MemoryCursors cursors(clock);
  for (size_t i = 0; i < redis::kMaxDeadLetters; ++i) {
    redis::DeadLetter letter{.source = "logistics", .event = "e" + std::to_string(i)};
    ASSERT_TRUE(Await(cursors.Bury(shop, std::move(letter), {}, {})).ok());
  }
  orders.log.Append(shop, kMade, "bad");
  orders.log.Append(shop, kMade, "good");
  std::atomic<int> refused = 0, taken = 0;
  Consuming consuming(cursors, {&orders});
  consuming.On("orders", kMade,
               [&](events::Delivery delivery) -> Task<absl::StatusOr<events::Effect>> {
                 if (delivery.envelope.subject() == "bad") {
                   ++refused;
                   co_return Error(absl::StatusCode::kInvalidArgument, "BAD_THING", "It is bad.");
                 }
                 ++taken;
                 co_return events::Effect::kNone;
               });
  consuming.Start();
  ASSERT_TRUE(Eventually([&] { return refused >= 2; }));
  EXPECT_EQ(taken, 0);
  EXPECT_EQ(Await(cursors.Get(shop, "orders"))->seq, 0u);
  const std::string text = consuming.metrics().Render();
  const std::string full =
      "kefu_consumer_dead_letters_full_total{consumer=\"records\",source=\"orders\"} ";
  ASSERT_NE(text.find(full), std::string::npos);
  EXPECT_EQ(text.find(full + "0\n"), std::string::npos);
  EXPECT_NE(text.find("kefu_consumer_dead_letters_total{consumer=\"records\",source=\"orders\"} 0"),
            std::string::npos);

  ASSERT_TRUE(Await(cursors.DropDead(shop, "logistics", "e0")).ok());
  EXPECT_TRUE(Eventually([&] { return taken == 1; }));
  EXPECT_EQ(Await(cursors.CountDead(shop))->at("orders"), 1u);
}

}  // namespace
}  // namespace kefu::test
