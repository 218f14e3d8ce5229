#include <gtest/gtest.h>

#include <string>

#include "services/common/base/status.h"
#include "tests/services/after_sales/support/cases.h"

namespace kefu::after_sales::domain {
namespace {

using test::Desk;
using test::DeskAt;

std::string FieldOf(const absl::Status& status) {
  const auto violations = FieldViolationsOf(status);
  return violations.empty() ? ErrorReason(status) : violations[0].field;
}

int64_t LastRefund(const Desk& desk) { return desk.At().refunds.back().amount.minor_units; }

TEST(MovesTest, ApprovingARefundOrdersTheMoneyAtOnce) {
  Desk desk = *DeskAt(Kind::kRefundOnly, State::kRequested);
  ASSERT_TRUE(desk.Do(Approve{"30.5"}, Role::kAgent).ok());
  EXPECT_EQ(desk.At().state, State::kRefundPending);
  ASSERT_EQ(desk.At().refunds.size(), 1u);
  EXPECT_EQ(desk.At().refunds[0].amount, (Money{"CNY", 3'050}));
  EXPECT_EQ(desk.At().refunds[0].state, RefundState::kPending);
  EXPECT_FALSE(desk.At().refunds[0].settle_time);
}

TEST(MovesTest, ApprovingARefundAboveWhatWasAskedForIsRefused) {
  Desk desk = *DeskAt(Kind::kRefundOnly, State::kRequested);
  EXPECT_EQ(ErrorReason(desk.Do(Approve{"100.01"})), "REFUND_TOO_HIGH");
  EXPECT_TRUE(desk.At().refunds.empty());
}

TEST(MovesTest, ApprovingAReturnSetsTheTimeForSendingTheGoodsBack) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kRequested);
  EXPECT_EQ(FieldOf(desk.Do(Approve{"1"})), "refund");
  ASSERT_TRUE(desk.Do(Approve{}).ok());
  EXPECT_EQ(desk.At().deadline, test::kNow + 7 * test::kDay);
  ASSERT_TRUE(desk.Do(ReportReturn{{"shunfeng", "SF123"}}, Role::kBuyer).ok());
  EXPECT_FALSE(desk.At().deadline);
  EXPECT_EQ(desk.At().return_parcel, (Parcel{"shunfeng", "SF123"}));
}

TEST(MovesTest, ADeadlineThatIsOverClosesTheCaseAndNotBefore) {
  Desk desk = *DeskAt(Kind::kExchange, State::kApprovedAwaitingReturn);
  desk.now = test::kNow + (7 * test::kDay - 1);
  EXPECT_EQ(ErrorReason(desk.Do(Expire{}, Role::kSystem)), "NOT_DUE");
  desk.now = test::kNow + 7 * test::kDay;
  ASSERT_TRUE(desk.Do(Expire{}, Role::kSystem).ok());
  EXPECT_EQ(desk.At().state, State::kClosed);
  EXPECT_EQ(ErrorReason(desk.Do(Expire{}, Role::kSystem)), "TRANSITION_FORBIDDEN");
}

TEST(MovesTest, AReturnReportedTooLateIsToldToOpenANewCaseWhetherTheTimerCameOrNot) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kApprovedAwaitingReturn);
  desk.now = test::kNow + 7 * test::kDay;
  const absl::Status before = desk.Do(ReportReturn{}, Role::kBuyer);
  ASSERT_TRUE(desk.Do(Expire{}, Role::kSystem).ok());
  const absl::Status after = desk.Do(ReportReturn{}, Role::kBuyer);
  for (const absl::Status& status : {before, after}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ErrorReason(status), "RETURN_TOO_LATE");
    EXPECT_NE(std::string(status.message()).find("open a new case"), std::string::npos);
  }
}

TEST(MovesTest, ACaseThatWasClosedByHandIsNotTooLate) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kApprovedAwaitingReturn);
  ASSERT_TRUE(desk.Do(Close{}, Role::kBuyer).ok());
  EXPECT_EQ(ErrorReason(desk.Do(ReportReturn{}, Role::kBuyer)), "TRANSITION_FORBIDDEN");
}

TEST(MovesTest, ReceivedIsAtMostSentAndAcceptedAtMostReceived) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kReturnInTransit);
  EXPECT_EQ(FieldOf(desk.Do(ReceiveReturn{{{"l1", 4}}})), "lines[0].received");
  EXPECT_EQ(FieldOf(desk.Do(ReceiveReturn{{{"l2", 1}}})), "lines[0].line");
  EXPECT_EQ(FieldOf(desk.Do(ReceiveReturn{{{"l1", 1}, {"l1", 1}}})), "lines[1].line");
  ASSERT_TRUE(desk.Do(ReceiveReturn{{{"l1", 2}}}).ok());
  EXPECT_EQ(FieldOf(desk.Do(InspectReturn{{{"l1", 3}}})), "lines[0].accepted");
  ASSERT_TRUE(desk.Do(InspectReturn{}).ok());
  EXPECT_EQ(desk.At().lines[0].received, 2u);
  EXPECT_EQ(desk.At().lines[0].accepted, 2u);
}

TEST(MovesTest, LinesThatAreNotNamedDidNotCome) {
  Desk desk;
  ASSERT_TRUE(desk.Open(test::Opening(Kind::kReturnRefund, {{"l1", 3}, {"l2", 1}})).ok());
  ASSERT_TRUE(desk.Do(Approve{}).ok());
  ASSERT_TRUE(desk.Do(ReportReturn{}).ok());
  ASSERT_TRUE(desk.Do(ReceiveReturn{{{"l2", 1}}}).ok());
  EXPECT_EQ(desk.At().lines[0].received, 0u);
  EXPECT_EQ(desk.At().lines[1].received, 1u);
}

TEST(MovesTest, MoneyGoesBackForAcceptedGoodsOnly) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kReceived);
  EXPECT_EQ(ErrorReason(desk.Do(OrderRefund{})), "NOT_INSPECTED");
  ASSERT_TRUE(desk.Do(InspectReturn{{{"l1", 1}}}).ok());
  EXPECT_EQ(ErrorReason(desk.Do(OrderRefund{"33.34"})), "REFUND_TOO_HIGH");
  ASSERT_TRUE(desk.Do(OrderRefund{}).ok());
  EXPECT_EQ(LastRefund(desk), 3'333);
}

TEST(MovesTest, WhereTheShopDoesNotInspectWhatCameIsAccepted) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kReturnInTransit);
  desk.policy.inspect_before_refund = false;
  ASSERT_TRUE(desk.Do(ReceiveReturn{{{"l1", 2}}}).ok());
  ASSERT_TRUE(desk.Do(OrderRefund{}).ok());
  EXPECT_EQ(desk.At().lines[0].accepted, 2u);
  EXPECT_EQ(LastRefund(desk), 6'666);
}

TEST(MovesTest, NothingAcceptedNothingGivenBackOrSentOut) {
  Desk refund = *DeskAt(Kind::kReturnRefund, State::kReceived);
  ASSERT_TRUE(refund.Do(InspectReturn{{{"l1", 0}}}).ok());
  EXPECT_EQ(ErrorReason(refund.Do(OrderRefund{})), "NOTHING_ACCEPTED");
  Desk exchange = *DeskAt(Kind::kExchange, State::kReceived);
  ASSERT_TRUE(exchange.Do(InspectReturn{{{"l1", 0}}}).ok());
  EXPECT_EQ(ErrorReason(exchange.Do(AcceptExchange{})), "NOTHING_ACCEPTED");
  EXPECT_TRUE(exchange.Do(Reject{}).ok());
}

TEST(MovesTest, AnExchangeThatCannotBeHadIsRefundedForWhatWasAccepted) {
  Desk desk = *DeskAt(Kind::kExchange, State::kReceived);
  ASSERT_TRUE(desk.Do(InspectReturn{{{"l1", 2}}}).ok());
  ASSERT_TRUE(desk.Do(AcceptExchange{}).ok());
  ASSERT_TRUE(desk.Do(OrderRefund{}).ok());
  EXPECT_EQ(LastRefund(desk), 6'666);
}

TEST(MovesTest, ARulingMayGiveBackWhatWasAskedForWithoutGoods) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kArbitration);
  ASSERT_TRUE(desk.Do(OrderRefund{}).ok());
  EXPECT_EQ(LastRefund(desk), 10'000);
}

TEST(MovesTest, MoneyMovesOnce) {
  for (const Kind kind : test::Kinds()) {
    Desk desk = *DeskAt(kind, State::kRefundPending);
    EXPECT_EQ(ErrorReason(desk.Do(OrderRefund{})), "REFUND_EXISTS");
    ASSERT_TRUE(desk.Do(desk.Settle(true)).ok());
    EXPECT_EQ(ErrorReason(desk.Do(OrderRefund{})), "REFUND_EXISTS");
    EXPECT_EQ(desk.At().refunds.size(), 1u);
  }
}

TEST(MovesTest, ASettledRefundNeverChanges) {
  Desk desk = *DeskAt(Kind::kRefundOnly, State::kRefundPending);
  ASSERT_TRUE(desk.Do(desk.Settle(true)).ok());
  const Refund settled = desk.At().refunds[0];
  EXPECT_EQ(ErrorReason(desk.Do(desk.Settle(true))), "REFUND_SETTLED");
  EXPECT_EQ(ErrorReason(desk.Do(desk.Settle(false))), "REFUND_SETTLED");
  EXPECT_EQ(desk.At().refunds[0], settled);
}

TEST(MovesTest, AFailedRefundIsFollowedByAnotherOfTheSameAmount) {
  Desk desk = *DeskAt(Kind::kRefundOnly, State::kRequested);
  ASSERT_TRUE(desk.Do(Approve{"20"}).ok());
  ASSERT_TRUE(desk.Do(SettleRefund{domain::RefundIdOf(desk.Id(), 0), false, "refused"}).ok());
  EXPECT_EQ(desk.At().state, State::kRefundFailed);
  ASSERT_TRUE(desk.Do(OrderRefund{}).ok());
  ASSERT_EQ(desk.At().refunds.size(), 2u);
  EXPECT_EQ(desk.At().refunds[0].state, RefundState::kFailed);
  EXPECT_EQ(desk.At().refunds[0].reference, "refused");
  EXPECT_EQ(desk.At().refunds[0].settle_time, test::kNow);
  EXPECT_EQ(LastRefund(desk), 2'000);
  // The provider's late word about the first one does not settle the second.
  EXPECT_EQ(ErrorReason(desk.Do(SettleRefund{domain::RefundIdOf(desk.Id(), 0), true, ""})),
            "REFUND_SETTLED");
  EXPECT_EQ(ErrorReason(desk.Do(SettleRefund{domain::RefundIdOf(desk.Id(), 2), true, ""})),
            "NO_SUCH_REFUND");
  ASSERT_TRUE(desk.Do(desk.Settle(true)).ok());
  EXPECT_EQ(desk.At().state, State::kCompleted);
}

TEST(MovesTest, AFailedRefundMayBeMadeAgainUpToTheSameLimit) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kReceived);
  ASSERT_TRUE(desk.Do(InspectReturn{{{"l1", 1}}}).ok());
  ASSERT_TRUE(desk.Do(OrderRefund{"10"}).ok());
  ASSERT_TRUE(desk.Do(desk.Settle(false)).ok());
  EXPECT_EQ(ErrorReason(desk.Do(OrderRefund{"33.34"})), "REFUND_TOO_HIGH");
  EXPECT_TRUE(desk.Do(OrderRefund{"33.33"}).ok());
}

TEST(MovesTest, ARefundIsTriedTwentyTimesAtMost) {
  Desk desk = *DeskAt(Kind::kRefundOnly, State::kRefundFailed);
  while (desk.At().refunds.size() < kMaxRefunds) {
    ASSERT_TRUE(desk.Do(OrderRefund{}).ok());
    ASSERT_TRUE(desk.Do(desk.Settle(false)).ok());
  }
  EXPECT_EQ(ErrorReason(desk.Do(OrderRefund{})), "TOO_MANY_MOVES");
}

TEST(MovesTest, ARejectionTellsTheBuyerWhyAndOnlyTheBuyerAsksAgain) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kRequested);
  EXPECT_EQ(FieldOf(desk.Do(Reject{}, Role::kAgent, 1, "")), "note");
  ASSERT_TRUE(desk.Do(Reject{}, Role::kAgent, 1, "worn").ok());
  EXPECT_EQ(ErrorReason(desk.Do(Approve{})), "TRANSITION_FORBIDDEN");
  EXPECT_EQ(ErrorReason(desk.Do(Amend{}, Role::kSupervisor)), "ROLE_NOT_ALLOWED");
  EXPECT_TRUE(desk.Do(Amend{}, Role::kBuyer).ok());
  EXPECT_TRUE(desk.Do(Approve{}).ok());
}

TEST(MovesTest, GoodsThatWereSentAreNotAwaitedAgain) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kReturnInTransit);
  ASSERT_TRUE(desk.Do(Escalate{}, Role::kBuyer).ok());
  EXPECT_EQ(ErrorReason(desk.Do(Approve{})), "GOODS_SENT");
  EXPECT_TRUE(desk.Do(OrderRefund{}).ok());
}

TEST(MovesTest, ARulingAboutGoodsNotSentLetsThemBeSent) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kArbitration);
  ASSERT_TRUE(desk.Do(Approve{}).ok());
  EXPECT_TRUE(desk.At().deadline.has_value());
}

TEST(MovesTest, ACaseWithARefundIsNotWithdrawn) {
  // No way leads there today; the guard stands by itself.
  Desk desk = *DeskAt(Kind::kRefundOnly, State::kRequested);
  desk.order.cases[0].refunds.push_back({.amount = {"CNY", 1}});
  EXPECT_EQ(ErrorReason(desk.Do(Close{}, Role::kBuyer)), "REFUND_EXISTS");
}

TEST(MovesTest, ParcelsHaveACarrierAndANumberOrNeither) {
  Desk desk = *DeskAt(Kind::kExchange, State::kApprovedAwaitingReturn);
  for (const Parcel& parcel : {Parcel{"", "SF1"}, Parcel{"S F", "1"}, Parcel{"SHUNFENG", "1"},
                               Parcel{"-ups", "SF123"}, Parcel{"_ups", "SF123"}}) {
    EXPECT_EQ(FieldOf(desk.Do(ReportReturn{parcel})), "parcel.carrier");
  }
  for (const Parcel& parcel :
       {Parcel{"shunfeng", ""}, Parcel{"shunfeng", "a b"}, Parcel{"shunfeng", "SF1"},
        Parcel{"shunfeng", "SF/12345"}, Parcel{"shunfeng", std::string(41, '1')}}) {
    EXPECT_EQ(FieldOf(desk.Do(ReportReturn{parcel})), "parcel.tracking_number");
  }
  EXPECT_TRUE(desk.Do(ReportReturn{}).ok());
}

TEST(MovesTest, ParcelsAreNamedAsLogisticsNamesThem) {
  Desk desk = *DeskAt(Kind::kExchange, State::kApprovedAwaitingReturn);
  ASSERT_TRUE(desk.Do(ReportReturn{{"shunfeng", " sf 1234 567 "}}, Role::kBuyer).ok());
  EXPECT_EQ(desk.At().return_parcel, (Parcel{"shunfeng", "SF1234567"}));
}

TEST(MovesTest, AStaleEtagIsAConflict) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kRequested);
  Command command{
      .target = desk.Id(), .actor = test::By(Role::kAgent), .etag = "1", .action = Approve{}};
  ASSERT_TRUE(desk.Give(command).ok());
  command.action = ReportReturn{};
  const absl::Status conflict = desk.Give(command);
  EXPECT_EQ(conflict.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(conflict), "VERSION_CONFLICT");
  EXPECT_EQ(ErrorMetadataOf(conflict).at("version"), "2");
  command.etag = "2";
  EXPECT_TRUE(desk.Give(command).ok());
}

TEST(MovesTest, AskingAndAnsweringEndSomeTime) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kRequested);
  while (desk.At().history.size() < kMaxMoves) {
    ASSERT_TRUE(desk.Do(RequestInformation{}).ok());
    if (desk.At().history.size() < kMaxMoves) {
      ASSERT_TRUE(desk.Do(Amend{}).ok());
    }
  }
  EXPECT_EQ(ErrorReason(desk.Do(Amend{})), "TOO_MANY_MOVES");
  EXPECT_TRUE(desk.Do(Close{}).ok());
}

TEST(MovesTest, AnAbsentCaseIsNotFound) {
  Desk desk = *DeskAt(Kind::kReturnRefund, State::kRequested);
  EXPECT_EQ(ErrorReason(desk.Do(Close{}, Role::kAgent, 2)), "NO_SUCH_CASE");
}

TEST(MovesTest, NobodysCaseIsNoBuyers) {
  Desk desk;
  Open open = test::Opening(Kind::kExchange);
  open.order.buyer = "";
  ASSERT_TRUE(desk.Open(open, Role::kAgent).ok());
  EXPECT_EQ(
      ErrorReason(desk.Give({.target = desk.Id(), .actor = {Role::kBuyer, ""}, .action = Close{}})),
      "NO_SUCH_CASE");
}

}  // namespace
}  // namespace kefu::after_sales::domain
