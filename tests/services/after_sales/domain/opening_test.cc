#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/after_sales/domain/amounts.h"
#include "services/common/base/status.h"
#include "tests/services/after_sales/support/cases.h"

namespace kefu::after_sales::domain {
namespace {

using test::Desk;
using test::Facts;
using test::Opening;
using test::Ordered;

std::string FieldOf(const absl::Status& status) {
  const auto violations = FieldViolationsOf(status);
  return violations.empty() ? ErrorReason(status) : violations[0].field;
}

TEST(OpeningTest, ACaseBeginsRequestedWithWhatTheOrderSays) {
  Desk desk;
  ASSERT_TRUE(
      desk.Open(Opening(Kind::kReturnRefund, {{"l1", 2}, {"l2", 1}}), Role::kBuyer, "too small")
          .ok());
  const Case& one = desk.At();
  EXPECT_EQ(desk.order.number, "N-1");
  EXPECT_EQ(one.ordinal, 1u);
  EXPECT_EQ(one.version, 1u);
  EXPECT_EQ(one.buyer, test::Buyer());
  EXPECT_EQ(one.state, State::kRequested);
  EXPECT_EQ(one.requested, (Money{"CNY", 6'666 + 5'000}));
  ASSERT_EQ(one.lines.size(), 2u);
  EXPECT_EQ(one.lines[0].title, "title of l1");
  EXPECT_EQ(one.lines[0].cost.minor_units, 6'666);
  ASSERT_EQ(one.history.size(), 1u);
  EXPECT_EQ(one.history[0], (Move{State::kNone, State::kRequested, test::By(Role::kBuyer),
                                  test::kNow, "too small"}));
  EXPECT_FALSE(one.deadline);
}

TEST(OpeningTest, TheCauseFollowsFromTheReason) {
  EXPECT_EQ(CauseOf(Reason::kChangedMind), Cause::kBuyerRemorse);
  EXPECT_EQ(CauseOf(Reason::kNotCompatible), Cause::kBuyerRemorse);
  EXPECT_EQ(CauseOf(Reason::kDefective), Cause::kSellerFault);
  EXPECT_EQ(CauseOf(Reason::kLateShipment), Cause::kSellerFault);
  EXPECT_EQ(CauseOf(Reason::kDamagedInTransit), Cause::kCarrierFault);
  EXPECT_EQ(CauseOf(Reason::kMissedEstimate), Cause::kCarrierFault);
  EXPECT_EQ(CauseOf(Reason::kUnauthorized), Cause::kFraud);
}

TEST(OpeningTest, TwoLiveCasesNeverHoldTheSameUnit) {
  Desk desk;
  ASSERT_TRUE(desk.Open(Opening(Kind::kReturnRefund, {{"l1", 2}})).ok());
  const absl::Status refused = desk.Open(Opening(Kind::kRefundOnly, {{"l1", 2}}));
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(refused), "TOO_MANY_UNITS");
  EXPECT_EQ(ErrorMetadataOf(refused).at("line"), "l1");
  EXPECT_EQ(ErrorMetadataOf(refused).at("left"), "1");
  ASSERT_TRUE(desk.Open(Opening(Kind::kExchange, {{"l1", 1}})).ok());
  EXPECT_EQ(desk.At(1).lines[0].cost.minor_units + desk.At(2).lines[0].cost.minor_units, 10'000);
}

TEST(OpeningTest, UnitsOfAClosedCaseAreFreeAgain) {
  Desk desk;
  ASSERT_TRUE(desk.Open(Opening(Kind::kReturnRefund)).ok());
  ASSERT_TRUE(desk.Do(Close{}).ok());
  EXPECT_TRUE(desk.Open(Opening(Kind::kReturnRefund)).ok());
  EXPECT_EQ(desk.At(2).ordinal, 2u);
}

TEST(OpeningTest, UnitsThatWereRefundedAreGone) {
  Desk desk = *test::DeskAt(Kind::kRefundOnly, State::kCompleted);
  EXPECT_EQ(ErrorReason(desk.Open(Opening(Kind::kReturnRefund, {{"l1", 1}}))), "TOO_MANY_UNITS");
  EXPECT_TRUE(desk.Open(Opening(Kind::kReturnRefund, {{"l2", 1}})).ok());
}

TEST(OpeningTest, NoMoreCanBeAskedForThanTheLinesCost) {
  Desk desk;
  Open open = Opening(Kind::kRefundOnly, {{"l2", 1}});
  open.requested = "50.01";
  const absl::Status refused = desk.Open(open);
  EXPECT_EQ(ErrorReason(refused), "REFUND_TOO_HIGH");
  EXPECT_EQ(ErrorMetadataOf(refused).at("at_most"), "50.00");
  open.requested = "50.00";
  EXPECT_TRUE(desk.Open(open).ok());
}

TEST(OpeningTest, NoMoreCanBeAskedForThanCameIn) {
  Desk desk;
  Open open = Opening(Kind::kRefundOnly, {{"l1", 3}});
  open.order.paid.minor_units = 12'000;
  ASSERT_TRUE(desk.Open(open).ok());
  open.lines = {{"l2", 1}};
  ASSERT_TRUE(desk.Open(open).ok());
  EXPECT_EQ(desk.At(2).requested.minor_units, 2'000);
}

TEST(OpeningTest, WhatThePlatformGaveBackItselfIsGone) {
  Desk desk;
  Open open = Opening(Kind::kRefundOnly, {{"l1", 3}});
  open.order.paid.minor_units = 12'000;
  open.order.refunded = {"CNY", 11'500};
  ASSERT_TRUE(desk.Open(open).ok());
  EXPECT_EQ(desk.At().requested.minor_units, 500);
}

TEST(OpeningTest, WhereTheSourceDoesNotSayWhatCameInTheLinesCount) {
  Desk desk;
  Open open = Opening(Kind::kRefundOnly);
  open.order.paid.minor_units = 0;
  ASSERT_TRUE(desk.Open(open).ok());
  EXPECT_EQ(desk.At().requested.minor_units, 10'000);
}

TEST(OpeningTest, AmountsAreExactAndOfTheOrdersCurrency) {
  for (const char* amount : {"1.001", "-1", "1e3", "x", " 1", "0", "0.00"}) {
    Desk desk;
    Open open = Opening(Kind::kRefundOnly);
    open.requested = amount;
    EXPECT_EQ(desk.Open(open).code(), absl::StatusCode::kInvalidArgument) << amount;
  }
  Desk desk;
  Open open = Opening(Kind::kRefundOnly, {{"l1", 1}});
  open.order.paid = {"JPY", 0};
  open.order.lines = {Ordered("l1", 1, 900)};
  open.order.lines[0].total.currency = "JPY";
  open.requested = "900.5";
  EXPECT_EQ(ErrorReason(desk.Open(open)), "BAD_AMOUNT");
  open.requested = "900";
  EXPECT_TRUE(desk.Open(open).ok());
}

TEST(OpeningTest, AnUnpaidOrderHasNothingToGiveBack) {
  for (const Kind kind : test::Kinds()) {
    for (const Payment payment : {Payment::kUnpaid, Payment::kRefunded}) {
      Desk desk;
      Open open = Opening(kind);
      open.order.payment = payment;
      const absl::Status refused = desk.Open(open);
      EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_EQ(ErrorReason(refused), "NOT_PAID");
    }
  }
}

TEST(OpeningTest, AGiftIsExchangedNotRefunded) {
  Desk desk;
  Open open = Opening(Kind::kReturnRefund, {{"gift", 1}});
  open.order.lines.push_back(Ordered("gift", 1, 0));
  EXPECT_EQ(ErrorReason(desk.Open(open)), "NOTHING_LEFT");
  open.kind = Kind::kExchange;
  EXPECT_TRUE(desk.Open(open).ok());
}

TEST(OpeningTest, LinesMustBeOfTheOrderOnceAndWithUnits) {
  Desk desk;
  EXPECT_EQ(FieldOf(desk.Open(Opening(Kind::kExchange, {}))), "lines");
  EXPECT_EQ(FieldOf(desk.Open(Opening(Kind::kExchange, {{"l2", 1}, {"l9", 1}}))), "lines[1].line");
  EXPECT_EQ(FieldOf(desk.Open(Opening(Kind::kExchange, {{"l1", 0}}))), "lines[0].quantity");
  EXPECT_EQ(FieldOf(desk.Open(Opening(Kind::kExchange, {{"l1", 1}, {"l1", 1}}))), "lines[1].line");
  EXPECT_EQ(FieldOf(desk.Open(Opening(Kind::kExchange, {51, {"l1", 1}}))), "lines");
  EXPECT_TRUE(desk.order.cases.empty());
}

TEST(OpeningTest, NotesAreShortAndClean) {
  Desk desk;
  EXPECT_EQ(FieldOf(desk.Open(Opening(Kind::kExchange), Role::kBuyer, std::string(501, 'x'))),
            "note");
  EXPECT_EQ(FieldOf(desk.Open(Opening(Kind::kExchange), Role::kBuyer, std::string("a\0b", 3))),
            "note");
  EXPECT_TRUE(desk.Open(Opening(Kind::kExchange), Role::kBuyer, std::string(500, 'x')).ok());
}

TEST(OpeningTest, TheClockAndAdministratorsOpenNothing) {
  Desk desk;
  for (const Role role : {Role::kSystem, Role::kAdmin})
    EXPECT_EQ(desk.Open(Opening(Kind::kExchange), role).code(),
              absl::StatusCode::kPermissionDenied);
}

TEST(OpeningTest, AnOrderHasFiftyCasesAtMost) {
  Desk desk;
  for (uint32_t i = 1; i <= kMaxCases; ++i) {
    ASSERT_TRUE(desk.Open(Opening(Kind::kExchange)).ok());
    ASSERT_TRUE(desk.Do(Close{}, Role::kAgent, i).ok());
  }
  EXPECT_EQ(ErrorReason(desk.Open(Opening(Kind::kExchange))), "TOO_MANY_CASES");
}

TEST(OpeningTest, AnOrderThatShrankSinceGivesNoMoreThanItHasNow) {
  Desk desk;
  ASSERT_TRUE(desk.Open(Opening(Kind::kReturnRefund, {{"l1", 2}})).ok());
  Open open = Opening(Kind::kExchange, {{"l1", 1}});
  open.order.lines[0].quantity = 1;
  EXPECT_EQ(ErrorReason(desk.Open(open)), "TOO_MANY_UNITS");
  open.order.lines[0] = Ordered("l1", 3, 100);
  ASSERT_TRUE(desk.Open(open).ok());
  EXPECT_EQ(desk.At(2).lines[0].cost.minor_units, 0);
}

}  // namespace
}  // namespace kefu::after_sales::domain
