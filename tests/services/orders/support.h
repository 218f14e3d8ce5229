// A whole kefu-orders on a private Redis, called over in-process gRPC.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "proto/google/rpc/error_details.pb.h"
#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "proto/kefu/orders/v1/service.grpc.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/status.h"
#include "services/common/config/reader.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/unary.h"
#include "services/orders/bind.h"
#include "services/orders/status_file.h"
#include "tests/support/redis_server.h"

namespace kefu::orders::test {

// One replica.
struct Replica {
  explicit Replica(const std::string& redis, host::Peers peers = nullptr) {
    Config config;
    config.host.listen = "";
    config.host.redis.address = redis;
    config.host.events_bind = "tcp://127.0.0.1:*";
    config.master_keys = *seal::MasterKeys::Parse("k1 " + std::string(64, 'a'));
    config.statuses = *ParseStatuses(
        *config::ReadFile(std::string(KEFU_SOURCE_DIR) + "/deploy/config/order_statuses.yaml"));
    auto bound = BindTo(std::move(peers), config, metrics);
    EXPECT_TRUE(bound.ok()) << bound.status();
    service = *std::move(bound);
    service->Begin();
    const auto channel = service->InProcessChannel();
    orders = v1::OrderService::NewStub(channel);
    log = events::v1::EventLogService::NewStub(channel);
    consumer = events::v1::ConsumerService::NewStub(channel);
    while (!service->NotReady().empty()) std::this_thread::yield();
  }
  ~Replica() {
    service->Drain();
    service->Stop();
  }

  metrics::Metrics metrics;
  std::unique_ptr<server::Service> service;
  std::unique_ptr<v1::OrderService::Stub> orders;
  std::unique_ptr<events::v1::EventLogService::Stub> log;
  std::unique_ptr<events::v1::ConsumerService::Stub> consumer;
};

class ReplicaTest : public testing::Test {
 protected:
  using Stub = v1::OrderService::Stub;
  ReplicaTest() { redis_.LoadFunctions("orders", /*for_tests=*/false); }

  template <class Service, class Request, class Response>
  static absl::Status Call(Service& stub,
                           grpc::Status (Service::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                           const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const grpc::Status status = (stub.*method)(&context, request, response);
    return server::FromGrpcStatus(status, context);
  }

  static v1::OrderInput Input(const std::string& number, int64_t version = 1) {
    v1::OrderInput input;
    input.set_source("native");
    input.set_number(number);
    input.set_source_version(version);
    input.mutable_create_time()->set_seconds(1'700'000'000);
    input.mutable_update_time()->set_seconds(1'700'000'001);
    input.set_currency("CNY");
    v1::LineInput* line = input.add_lines();
    line->set_line("1");
    line->set_title("杯子");
    line->set_quantity(2);
    line->set_unit_price("19.90");
    return input;
  }
  v1::OrderInput WithContact(v1::OrderInput input) const {
    input.set_buyer(buyer_);
    input.mutable_contact()->set_name("张三");
    input.mutable_contact()->set_phone("13812345678");
    input.mutable_contact()->set_address("文三路 1 号");
    input.mutable_contact()->set_city("杭州");
    input.mutable_contact()->set_postal_code("310000");
    return input;
  }

  static absl::StatusOr<v1::UpsertOrdersResponse> Upsert(Replica& replica,
                                                         const std::vector<v1::OrderInput>& orders,
                                                         const std::string& shop = "demo") {
    v1::UpsertOrdersRequest request;
    request.set_shop(shop);
    request.mutable_actor()->set_role(ROLE_INTEGRATOR);
    request.set_request_id("request-0001");
    for (const v1::OrderInput& order : orders) *request.add_orders() = order;
    v1::UpsertOrdersResponse response;
    const absl::Status status = Call(*replica.orders, &Stub::UpsertOrders, request, &response);
    if (!status.ok()) return status;
    return response;
  }
  static absl::StatusOr<v1::Order> Get(Replica& replica, const std::string& order,
                                       Role role = ROLE_AGENT, const std::string& actor = "a_1",
                                       const std::string& shop = "demo") {
    v1::GetOrderRequest request;
    request.set_shop(shop);
    request.mutable_actor()->set_role(role);
    request.mutable_actor()->set_id(actor);
    request.set_order(order);
    v1::Order response;
    const absl::Status status = Call(*replica.orders, &Stub::GetOrder, request, &response);
    if (!status.ok()) return status;
    return response;
  }
  static absl::StatusOr<v1::Contact> Unmask(Replica& replica, const std::string& order,
                                            const std::string& purpose = "calls",
                                            Role role = ROLE_AGENT,
                                            const std::string& actor = "a_1") {
    v1::UnmaskContactRequest request;
    request.set_shop("demo");
    request.mutable_actor()->set_role(role);
    request.mutable_actor()->set_id(actor);
    request.set_request_id("request-0002");
    request.set_order(order);
    request.set_purpose(purpose);
    v1::UnmaskContactResponse response;
    const absl::Status status = Call(*replica.orders, &Stub::UnmaskContact, request, &response);
    if (!status.ok()) return status;
    return response.contact();
  }

  kefu::test::RedisServer redis_;
  const std::string buyer_ = BuyerId::New().str();
};

}  // namespace kefu::orders::test
