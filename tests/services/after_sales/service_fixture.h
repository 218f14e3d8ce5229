// The service over a real store, with an orders service that is told what to answer.
#pragma once

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

}  // namespace kefu::after_sales
