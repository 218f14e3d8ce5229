// How far consumers are, as they report it to the source.
#include <gtest/gtest.h>

#include "tests/services/common/events/support/consuming.h"

namespace kefu::test {
namespace {

TEST(ConsumerReports, CursorsOfMoreShopsThanOneReportHoldsAreAllReported) {
  constexpr int kShops = 2100;
  Publishing orders("orders");
  std::vector<ShopId> shops;
  for (int i = 0; i < kShops; ++i) {
    shops.push_back(*ShopId::Parse("shop-" + std::to_string(i)));
    orders.log.Append(shops.back(), kMade);
  }
  const SystemClock clock;
  MemoryCursors cursors(clock);
  Consuming consuming(cursors, {&orders}, /*hears=*/false);
  consuming.On("orders", kMade, [](events::Delivery) -> Task<absl::StatusOr<events::Effect>> {
    co_return events::Effect::kNone;
  });
  consuming.Start();
  const auto reported = [&] {
    int count = 0;
    for (const ShopId& shop : shops)
      count += orders.log.reported("records", shop) == orders.log.head(shop) ? 1 : 0;
    return count;
  };
  EXPECT_TRUE(Eventually([&] { return reported() == kShops; })) << reported();
}

}  // namespace
}  // namespace kefu::test
