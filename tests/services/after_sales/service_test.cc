// Cases from their opening to their end, and what is refused on the way.
#include "tests/services/after_sales/service_fixture.h"

namespace kefu::after_sales {
namespace {

TEST_F(ServiceTest, AReturnIsOpenedSentBackInspectedAndRefunded) {
  const auto opened = Open(Opening(v1::Case::KIND_RETURN_REFUND));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->case_(), case_.str());
  EXPECT_EQ(opened->order_number(), "N-1");
  EXPECT_EQ(opened->cause(), v1::Case::CAUSE_SELLER_FAULT);
  EXPECT_EQ(opened->lines(0).title(), "红色外套");
  EXPECT_EQ(opened->lines(0).unit_price().minor_units(), 3'333);
  EXPECT_EQ(opened->requested().minor_units(), 10'000);

  Moves(&Stub::RequestInformation, v1::Case::STATE_INFO_REQUIRED);
  Moves(&Stub::AmendCase, v1::Case::STATE_REQUESTED, {}, ROLE_BUYER);
  Moves(&Stub::ApproveCase, v1::Case::STATE_APPROVED_AWAITING_RETURN);
  EXPECT_TRUE(Get()->has_deadline());
  Moves<v1::ReportReturnRequest>(
      &Stub::ReportReturn, v1::Case::STATE_RETURN_IN_TRANSIT,
      [](v1::ReportReturnRequest& request) {
        request.mutable_parcel()->set_carrier("shunfeng");
        request.mutable_parcel()->set_tracking_number("SF1234567890123");
      },
      ROLE_BUYER);
  Moves<v1::ReceiveReturnRequest>(&Stub::ReceiveReturn, v1::Case::STATE_RECEIVED,
                                  [](v1::ReceiveReturnRequest& request) {
                                    request.add_lines()->set_line("l1");
                                    request.mutable_lines(0)->set_received(2);
                                  });
  Moves<v1::InspectReturnRequest>(&Stub::InspectReturn, v1::Case::STATE_INSPECTED,
                                  [](v1::InspectReturnRequest& request) {
                                    request.add_lines()->set_line("l1");
                                    request.mutable_lines(0)->set_accepted(1);
                                  });
  Moves<v1::RefundCaseRequest>(&Stub::RefundCase, v1::Case::STATE_REFUND_PENDING,
                               [](v1::RefundCaseRequest& request) { request.set_amount("33.33"); });
  const auto settle = [&](bool succeeded) {
    return [&, succeeded](v1::SettleRefundRequest& request) {
      const v1::Case one = *Get();
      request.set_refund(one.refunds(one.refunds_size() - 1).refund());
      request.set_succeeded(succeeded);
      request.set_reference("p-1");
    };
  };
  Moves<v1::SettleRefundRequest>(&Stub::SettleRefund, v1::Case::STATE_REFUND_FAILED, settle(false));
  Moves(&Stub::RefundCase, v1::Case::STATE_REFUND_PENDING);
  Moves<v1::SettleRefundRequest>(&Stub::SettleRefund, v1::Case::STATE_COMPLETED, settle(true));

  const v1::Case done = *Get();
  EXPECT_EQ(done.return_parcel().tracking_number(), "SF1234567890123");
  EXPECT_EQ(done.lines(0).received(), 2u);
  EXPECT_EQ(done.lines(0).accepted(), 1u);
  ASSERT_EQ(done.refunds_size(), 2);
  EXPECT_EQ(done.refunds(1).amount().minor_units(), 3'333);
  EXPECT_EQ(done.refunds(1).state(), v1::Refund::STATE_SUCCEEDED);
  EXPECT_EQ(done.history_size(), 11);
  EXPECT_EQ(Events().size(), 11u);
  EXPECT_EQ(Events().back().previous_state(), v1::Case::STATE_REFUND_PENDING);
}

TEST_F(ServiceTest, AnExchangeIsSentBackAndReplaced) {
  ASSERT_TRUE(Open(Opening(v1::Case::KIND_EXCHANGE)).ok());
  Moves(&Stub::ApproveCase, v1::Case::STATE_APPROVED_AWAITING_RETURN);
  Moves(&Stub::ReportReturn, v1::Case::STATE_RETURN_IN_TRANSIT);
  Moves(&Stub::ReceiveReturn, v1::Case::STATE_RECEIVED);
  Moves(&Stub::InspectReturn, v1::Case::STATE_INSPECTED);
  Moves(&Stub::AcceptExchange, v1::Case::STATE_AWAITING_REPLACEMENT);
  Moves<v1::ShipReplacementRequest>(&Stub::ShipReplacement, v1::Case::STATE_REPLACEMENT_IN_TRANSIT,
                                    [](v1::ShipReplacementRequest& request) {
                                      request.mutable_parcel()->set_carrier("ups");
                                      request.mutable_parcel()->set_tracking_number("1Z12");
                                    });
  Moves(&Stub::CompleteCase, v1::Case::STATE_COMPLETED);
  EXPECT_EQ(Get()->replacement_parcel().carrier(), "ups");
}

TEST_F(ServiceTest, ARejectedCaseGoesToArbitrationAndIsWithdrawn) {
  ASSERT_TRUE(Open(Opening(v1::Case::KIND_REFUND_ONLY)).ok());
  Moves(&Stub::RejectCase, v1::Case::STATE_REJECTED);
  Moves(&Stub::EscalateCase, v1::Case::STATE_ARBITRATION, {}, ROLE_BUYER);
  Moves(&Stub::CloseCase, v1::Case::STATE_CLOSED, {}, ROLE_BUYER);
}

TEST_F(ServiceTest, TheOrderIsReadInTheCallersName) {
  ASSERT_TRUE(Open(Opening(v1::Case::KIND_EXCHANGE)).ok());
  EXPECT_EQ(orders_.last().shop(), "demo");
  EXPECT_EQ(orders_.last().order(), order_.str());
  EXPECT_EQ(orders_.last().actor().role(), ROLE_BUYER);
  EXPECT_EQ(orders_.last().actor().id(), test::Buyer());
}

TEST_F(ServiceTest, AnAbsentAndAForeignOrderAreNotFoundAlike) {
  v1::OpenCaseRequest request = Opening(v1::Case::KIND_EXCHANGE);
  request.set_order(OrderIdOf("native", "N-2").str());
  EXPECT_EQ(ErrorReason(Open(request).status()), "NO_SUCH_ORDER");
  request = Opening(v1::Case::KIND_EXCHANGE);
  request.mutable_actor()->set_id("b_bbbbbbbbbbbbbbbbbbbbbbbbbb");
  EXPECT_EQ(ErrorReason(Open(request).status()), "NO_SUCH_ORDER");
  request = Opening(v1::Case::KIND_EXCHANGE);
  request.set_shop("another");
  EXPECT_EQ(ErrorReason(Open(request).status()), "NO_SUCH_ORDER");
  EXPECT_THAT(Events(), ElementsAre());
}

TEST_F(ServiceTest, AnUnpaidOrderIsRefused) {
  orders::v1::Order order = PaidOrder();
  order.set_payment(orders::v1::Order::PAYMENT_UNPAID);
  orders_.Put("demo", order);
  const absl::Status refused = Open(Opening(v1::Case::KIND_REFUND_ONLY)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(refused), "NOT_PAID");
}

TEST_F(ServiceTest, WhileOrdersIsDownNothingIsWrittenAndTheSameRequestSucceedsLater) {
  orders_.Stop();
  const v1::OpenCaseRequest request = Opening(v1::Case::KIND_RETURN_REFUND);
  EXPECT_EQ(Open(request).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(Get().status()), "NO_SUCH_CASE");
  EXPECT_THAT(Events(), ElementsAre());
  orders_.Start();
  ASSERT_TRUE(Eventually([&] { return Open(request).ok(); }));
  EXPECT_EQ(Events().size(), 1u);
}

TEST_F(ServiceTest, ARepeatedOpeningIsAnsweredThoughOrdersIsDown) {
  const v1::OpenCaseRequest request = Opening(v1::Case::KIND_RETURN_REFUND);
  ASSERT_TRUE(Open(request).ok());
  orders_.Stop();
  const auto again = Open(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->case_(), case_.str());
  EXPECT_EQ(orders_.calls(), 1);

  v1::OpenCaseRequest other = request;
  other.set_note("another payload");
  EXPECT_EQ(ErrorReason(Open(other).status()), "REQUEST_ID_REUSED");
}

TEST_F(ServiceTest, ADoubleClickUnderTwoRequestsOpensOneCase) {
  ASSERT_TRUE(Open(Opening(v1::Case::KIND_RETURN_REFUND, "request-one")).ok());
  EXPECT_EQ(ErrorReason(Open(Opening(v1::Case::KIND_RETURN_REFUND, "request-two")).status()),
            "TOO_MANY_UNITS");
}

TEST_F(ServiceTest, OneRequestIdForTwoMethodsIsReused) {
  ASSERT_TRUE(Open(Opening(v1::Case::KIND_RETURN_REFUND)).ok());
  const auto named = [](auto& request) { request.set_request_id("request-same"); };
  ASSERT_TRUE((Do<v1::RequestInformationRequest>(&Stub::RequestInformation, named).ok()));
  EXPECT_EQ(ErrorReason(Do<v1::AmendCaseRequest>(&Stub::AmendCase, named).status()),
            "REQUEST_ID_REUSED");
}

TEST_F(ServiceTest, ACaseThatChangedSinceItWasReadIsAConflict) {
  const v1::Case opened = *Open(Opening(v1::Case::KIND_RETURN_REFUND));
  Moves(&Stub::RequestInformation, v1::Case::STATE_INFO_REQUIRED);
  const absl::Status conflict =
      Do<v1::CloseCaseRequest>(&Stub::CloseCase, [&](v1::CloseCaseRequest& request) {
        request.set_etag(opened.etag());
      }).status();
  EXPECT_EQ(conflict.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(conflict), "VERSION_CONFLICT");
}

TEST_F(ServiceTest, BuyersSeeTheirOwnCasesOnlyAndNotTheStaffsNotes) {
  ASSERT_TRUE(Open(Opening(v1::Case::KIND_RETURN_REFUND)).ok());
  Moves(&Stub::ApproveCase, v1::Case::STATE_APPROVED_AWAITING_RETURN);
  EXPECT_EQ(Get()->history(1).note(), "because");
  const v1::Case mine = *Get(ROLE_BUYER);
  EXPECT_EQ(mine.history(1).note(), "");
  EXPECT_EQ(mine.history(1).actor().id(), "");

  v1::ListCasesRequest list;
  list.set_shop("demo");
  list.mutable_actor()->set_role(ROLE_BUYER);
  list.mutable_actor()->set_id("b_bbbbbbbbbbbbbbbbbbbbbbbbbb");
  list.set_buyer(test::Buyer());
  v1::ListCasesResponse foreign;
  ASSERT_TRUE(Call(*stub_, &Stub::ListCases, list, &foreign).ok());
  EXPECT_EQ(foreign.cases_size(), 0);
  list.set_order(order_.str());
  ASSERT_TRUE(Call(*stub_, &Stub::ListCases, list, &foreign).ok());
  EXPECT_EQ(foreign.cases_size(), 0);
  list.mutable_actor()->set_id(test::Buyer());
  list.clear_buyer();
  v1::ListCasesResponse own;
  ASSERT_TRUE(Call(*stub_, &Stub::ListCases, list, &own).ok());
  ASSERT_EQ(own.cases_size(), 1);
  EXPECT_EQ(own.cases(0).history(1).note(), "");
}

TEST_F(ServiceTest, MalformedRequestsNameTheField) {
  const auto field = [&](const std::function<void(v1::OpenCaseRequest&)>& spoil) {
    v1::OpenCaseRequest request = Opening(v1::Case::KIND_RETURN_REFUND);
    spoil(request);
    const absl::Status status = Open(request).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    const auto violations = FieldViolationsOf(status);
    return violations.empty() ? ErrorReason(status) : violations[0].field;
  };
  using Request = v1::OpenCaseRequest;
  EXPECT_EQ(field([](Request& r) { r.set_shop("../x"); }), "shop");
  EXPECT_EQ(field([](Request& r) { r.clear_actor(); }), "actor.role");
  EXPECT_EQ(field([](Request& r) { r.mutable_actor()->clear_id(); }), "actor.id");
  EXPECT_EQ(field([](Request& r) { r.set_request_id("short"); }), "request_id");
  EXPECT_EQ(field([](Request& r) { r.set_order("o_1"); }), "order");
  EXPECT_EQ(field([](Request& r) { r.clear_kind(); }), "kind");
  EXPECT_EQ(field([](Request& r) { r.set_kind(static_cast<v1::Case::Kind>(9)); }), "kind");
  EXPECT_EQ(field([](Request& r) { r.clear_reason(); }), "reason");
  EXPECT_EQ(field([](Request& r) { r.clear_lines(); }), "lines");
  EXPECT_EQ(field([](Request& r) { r.mutable_lines(0)->set_line("l9"); }), "lines[0].line");
  EXPECT_EQ(field([](Request& r) { r.mutable_lines(0)->set_quantity(0); }), "lines[0].quantity");
  EXPECT_EQ(field([](Request& r) { r.set_note(std::string(501, 'x')); }), "note");
  EXPECT_EQ(field([](Request& r) { r.set_requested("1.999"); }), "BAD_AMOUNT");
  EXPECT_THAT(Events(), ElementsAre());
}

}  // namespace
}  // namespace kefu::after_sales
