// The whole service in one process, called over gRPC, with orders played by a fake.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "proto/kefu/after_sales/v1/service.grpc.pb.h"
#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/after_sales/bind.h"
#include "services/common/base/status.h"
#include "services/common/server/unary.h"
#include "tests/services/after_sales/support/cases.h"
#include "tests/services/after_sales/support/fake_orders.h"
#include "tests/support/eventually.h"
#include "tests/support/redis_server.h"

namespace kefu::after_sales {
namespace {

using kefu::test::Eventually;
using testing::ElementsAre;

class ServiceTest : public testing::Test {
 protected:
  using Stub = v1::CaseService::Stub;

  ServiceTest() {
    redis_.LoadFunctions("after_sales", /*for_tests=*/false);
    config_.host.redis.address = redis_.address();
    config_.host.events_bind = "tcp://127.0.0.1:*";
    config_.orders = {orders_.address()};
    config_.master_keys = *seal::MasterKeys::Parse("k1 " + std::string(64, 'a'));
    Start();
    orders_.Put("demo", PaidOrder());
  }
  ~ServiceTest() override { Stop(); }

  void Start() {
    absl::StatusOr<std::unique_ptr<server::Service>> bound = Bind(config_, metrics_);
    ASSERT_TRUE(bound.ok()) << bound.status();
    service_ = *std::move(bound);
    service_->Begin();
    const auto channel =
        grpc::CreateChannel(service_->Addresses()["grpc"], grpc::InsecureChannelCredentials());
    stub_ = v1::CaseService::NewStub(channel);
    log_ = events::v1::EventLogService::NewStub(channel);
    ASSERT_TRUE(Eventually([this] { return service_->NotReady().empty(); }));
  }
  void Stop() {
    if (!service_) return;
    service_->Drain();
    service_->Stop();
    service_.reset();
  }

  orders::v1::Order PaidOrder() const {
    orders::v1::Order order;
    order.set_order(order_.str());
    order.set_number("N-1");
    order.set_buyer(test::Buyer());
    order.set_payment(orders::v1::Order::PAYMENT_PAID);
    orders::v1::Line* line = order.add_lines();
    line->set_line("l1");
    line->set_sku("sku-1");
    line->set_title("红色外套");
    line->set_quantity(3);
    Set(10'000, line->mutable_total());
    Set(10'000, order.mutable_totals()->mutable_paid());
    return order;
  }
  static void Set(int64_t minor_units, common::v1::Money* money) {
    money->set_currency("CNY");
    money->set_minor_units(minor_units);
  }

  template <class AnyStub, class Request, class Response>
  static absl::Status Call(AnyStub& stub,
                           grpc::Status (AnyStub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                           const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    const grpc::Status status = (stub.*method)(&context, request, response);
    return server::FromGrpcStatus(status, context);
  }

  static void Sign(common::v1::Actor* actor, Role role) {
    actor->set_role(role);
    actor->set_id(role == ROLE_BUYER ? test::Buyer() : "somebody");
  }
  v1::OpenCaseRequest Opening(v1::Case::Kind kind, const std::string& id = "request-open",
                              Role role = ROLE_BUYER) const {
    v1::OpenCaseRequest request;
    request.set_shop("demo");
    Sign(request.mutable_actor(), role);
    request.set_request_id(id);
    request.set_order(order_.str());
    request.set_kind(kind);
    request.set_reason(v1::Case::REASON_DEFECTIVE);
    v1::CaseLine* line = request.add_lines();
    line->set_line("l1");
    line->set_quantity(3);
    return request;
  }
  absl::StatusOr<v1::Case> Open(const v1::OpenCaseRequest& request) {
    v1::OpenCaseResponse response;
    KEFU_RETURN_IF_ERROR(Call(*stub_, &Stub::OpenCase, request, &response));
    return response.case_();
  }
  // A command on the first case, under a request id of its own.
  template <class Request, class Response>
  absl::StatusOr<v1::Case> Do(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const std::function<void(Request&)>& fill = {},
                              Role role = ROLE_SUPERVISOR) {
    Request request;
    request.set_shop("demo");
    Sign(request.mutable_actor(), role);
    request.set_request_id("request-" + std::to_string(++requests_));
    request.set_case_(case_.str());
    request.set_note("because");
    if (fill) fill(request);
    Response response;
    KEFU_RETURN_IF_ERROR(Call(*stub_, method, request, &response));
    return response.case_();
  }
  template <class Request, class Response>
  void Moves(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
             v1::Case::State to, const std::function<void(Request&)>& fill = {},
             Role role = ROLE_SUPERVISOR) {
    const auto moved = Do(method, fill, role);
    ASSERT_TRUE(moved.ok()) << moved.status();
    EXPECT_EQ(v1::Case::State_Name(moved->state()), v1::Case::State_Name(to));
  }
  absl::StatusOr<v1::Case> Get(Role role = ROLE_SUPERVISOR) {
    v1::GetCaseRequest request;
    request.set_shop("demo");
    Sign(request.mutable_actor(), role);
    request.set_case_(case_.str());
    v1::Case response;
    KEFU_RETURN_IF_ERROR(Call(*stub_, &Stub::GetCase, request, &response));
    return response;
  }
  std::vector<v1::CaseChanged> Events() {
    events::v1::ReadRequest request;
    request.set_shop("demo");
    events::v1::ReadResponse response;
    const absl::Status read =
        Call(*log_, &events::v1::EventLogService::Stub::Read, request, &response);
    EXPECT_TRUE(read.ok()) << read;
    std::vector<v1::CaseChanged> events(static_cast<size_t>(response.envelopes_size()));
    for (size_t i = 0; i < events.size(); ++i)
      EXPECT_TRUE(events[i].ParseFromString(response.envelopes(static_cast<int>(i)).data()));
    return events;
  }

  kefu::test::RedisServer redis_;
  test::FakeOrders orders_{"unix:" + redis_.folder() + "/orders.sock"};
  Config config_;
  metrics::Metrics metrics_;
  std::unique_ptr<server::Service> service_;
  std::unique_ptr<Stub> stub_;
  std::unique_ptr<events::v1::EventLogService::Stub> log_;
  const OrderId order_ = OrderIdOf("native", "N-1");
  const CaseId case_{order_, 1};
  int requests_ = 10'000'000;
};

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

TEST_F(ServiceTest, TheDeadlineClosesTheCaseByItself) {
  Stop();
  config_.policy.return_within_ms = 50;
  Start();
  ASSERT_TRUE(Open(Opening(v1::Case::KIND_RETURN_REFUND)).ok());
  Moves(&Stub::ApproveCase, v1::Case::STATE_APPROVED_AWAITING_RETURN);
  ASSERT_TRUE(Eventually([this] { return Get()->state() == v1::Case::STATE_CLOSED; }));
  EXPECT_EQ(ErrorReason(Do(&Stub::ReportReturn, {}, ROLE_BUYER).status()), "RETURN_TOO_LATE");
  EXPECT_EQ(Events().back().case_().state(), v1::Case::STATE_CLOSED);
}

TEST_F(ServiceTest, ADeadlineThatPassedWhileTheServiceWasDownIsKept) {
  Stop();
  config_.policy.return_within_ms = 1;
  absl::StatusOr<std::unique_ptr<server::Service>> bound = Bind(config_, metrics_);
  ASSERT_TRUE(bound.ok());
  service_ = *std::move(bound);  // without Begin: its timers are not served
  stub_ = v1::CaseService::NewStub(
      grpc::CreateChannel(service_->Addresses()["grpc"], grpc::InsecureChannelCredentials()));
  ASSERT_TRUE(Eventually([&] { return Open(Opening(v1::Case::KIND_RETURN_REFUND)).ok(); }));
  Moves(&Stub::ApproveCase, v1::Case::STATE_APPROVED_AWAITING_RETURN);
  EXPECT_EQ(Get()->state(), v1::Case::STATE_APPROVED_AWAITING_RETURN);
  Stop();
  Start();
  ASSERT_TRUE(Eventually([this] { return Get()->state() == v1::Case::STATE_CLOSED; }));
}

TEST_F(ServiceTest, ASnapshotShowsThePresentState) {
  ASSERT_TRUE(Open(Opening(v1::Case::KIND_RETURN_REFUND)).ok());
  Moves(&Stub::ApproveCase, v1::Case::STATE_APPROVED_AWAITING_RETURN);
  events::v1::SnapshotRequest request;
  request.set_shop("demo");
  events::v1::SnapshotResponse response;
  const absl::Status taken =
      Call(*log_, &events::v1::EventLogService::Stub::Snapshot, request, &response);
  ASSERT_TRUE(taken.ok()) << taken;
  ASSERT_EQ(response.envelopes_size(), 1);
  EXPECT_EQ(response.envelopes(0).subject(), case_.str());
  EXPECT_EQ(response.head_seq(), 2u);
}

}  // namespace
}  // namespace kefu::after_sales
