#include "services/after_sales/domain/amounts.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/services/after_sales/support/cases.h"

namespace kefu::after_sales::domain {
namespace {

TEST(AmountsTest, APartIsRoundedDownAndAllUnitsAreAllTheMoney) {
  EXPECT_EQ(PartOf({3, 10'000}, 1), 3'333);
  EXPECT_EQ(PartOf({3, 10'000}, 2), 6'666);
  EXPECT_EQ(PartOf({3, 10'000}, 3), 10'000);
  EXPECT_EQ(PartOf({3, 10'000}, 0), 0);
  EXPECT_EQ(PartOf({0, 0}, 0), 0);
}

TEST(AmountsTest, TheLargestAmountsDoNotOverflow) {
  constexpr int64_t kMost = 1'000'000'000'000'000;
  EXPECT_EQ(PartOf({100'000, kMost}, 99'999), 999'990'000'000'000);
  EXPECT_EQ(PartOf({100'000, kMost}, 100'000), kMost);
}

TEST(AmountsTest, UnitsTakenOneByOneAreTogetherExactlyTheTotal) {
  for (const int64_t total : {int64_t{10'000}, int64_t{1}, int64_t{2}, int64_t{99'999}}) {
    Share left{7, total};
    int64_t sum = 0;
    while (left.units > 0) {
      const int64_t part = PartOf(left, 1);
      sum += part;
      left = {left.units - 1, left.minor_units - part};
    }
    EXPECT_EQ(sum, total);
  }
}

TEST(AmountsTest, ACaseHoldsItsUnitsUntilItIsOverAndForGoodWhereMoneyWentBack) {
  test::Desk live = *test::DeskAt(Kind::kReturnRefund, State::kRequested);
  EXPECT_EQ(HeldOf(live.order, "l1").units, 3u);
  EXPECT_EQ(HeldOf(live.order, "l1").minor_units, 10'000);
  EXPECT_EQ(HeldOf(live.order, "l2").units, 0u);

  test::Desk closed = *test::DeskAt(Kind::kReturnRefund, State::kClosed);
  EXPECT_EQ(HeldOf(closed.order, "l1").units, 0u);

  test::Desk refunded = *test::DeskAt(Kind::kReturnRefund, State::kCompleted);
  EXPECT_EQ(HeldOf(refunded.order, "l1").units, 3u);
}

TEST(AmountsTest, AnExchangeThatWasCompletedGivesItsUnitsFree) {
  test::Desk desk = *test::DeskAt(Kind::kExchange, State::kReplacementInTransit);
  ASSERT_TRUE(desk.Do(Complete{}).ok());
  EXPECT_EQ(HeldOf(desk.order, "l1").units, 0u);
}

TEST(AmountsTest, OfARefundedReturnOnlyWhatWasAcceptedIsGone) {
  test::Desk desk = *test::DeskAt(Kind::kReturnRefund, State::kReceived);
  ASSERT_TRUE(desk.Do(InspectReturn{{{"l1", 2}}}).ok());
  ASSERT_TRUE(desk.Do(OrderRefund{}).ok());
  EXPECT_EQ(desk.At().refunds.back().amount.minor_units, 6'666);
  ASSERT_TRUE(desk.Do(desk.Settle(true)).ok());
  EXPECT_EQ(HeldOf(desk.order, "l1").units, 2u);
  EXPECT_EQ(HeldOf(desk.order, "l1").minor_units, 6'666);
}

}  // namespace
}  // namespace kefu::after_sales::domain
