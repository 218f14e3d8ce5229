// A whole kefu-logistics on a private Redis, called over gRPC.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "proto/kefu/logistics/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/config/reader.h"
#include "services/common/metrics/metrics.h"
#include "services/logistics/bind.h"
#include "services/logistics/status_file.h"
#include "tests/support/redis_server.h"

namespace kefu::logistics::test {

// One replica.
struct Running {
  explicit Running(const std::string& redis) {
    Config config;
    config.host.redis.address = redis;
    config.host.events_bind = "tcp://127.0.0.1:*";
    config.statuses = *ParseStatusFile(
        *config::ReadFile(std::string(KEFU_SOURCE_DIR) + "/deploy/config/shipment_statuses.yaml"));
    auto bound = Bind(config, metrics);
    EXPECT_TRUE(bound.ok()) << bound.status();
    service = *std::move(bound);
    service->Begin();
    auto channel =
        grpc::CreateChannel(service->Addresses().at("grpc"), grpc::InsecureChannelCredentials());
    shipments = v1::ShipmentService::NewStub(channel);
    pushes = v1::PushService::NewStub(channel);
  }

  metrics::Metrics metrics;
  std::unique_ptr<server::Service> service;
  std::unique_ptr<v1::ShipmentService::Stub> shipments;
  std::unique_ptr<v1::PushService::Stub> pushes;
};

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    redis_.LoadFunctions("logistics");
    running_ = std::make_unique<Running>(redis_.address());
  }

  // As seen by the caller: the reason survives the wire.
  template <class Stub, class Request, class Response>
  static absl::Status Call(Stub& stub,
                           grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                        Response*),
                           const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const grpc::Status status = (stub.*method)(&context, request, response);
    if (status.ok()) return absl::OkStatus();
    return DecodeRpcStatus(static_cast<absl::StatusCode>(status.error_code()),
                           status.error_message(), status.error_details());
  }

  kefu::test::RedisServer redis_;
  std::unique_ptr<Running> running_;
};

}  // namespace kefu::logistics::test
