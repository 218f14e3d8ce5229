// The orders service as after_sales sees it: answers what a test puts in, under the rule that a
// buyer finds only their own orders.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "proto/kefu/orders/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/server/unary.h"

namespace kefu::after_sales::test {

class FakeOrders final : public orders::v1::OrderService::Service {
 public:
  // `address`: "unix:/…"; the same after a restart.
  explicit FakeOrders(std::string address) : address_(std::move(address)) { Start(); }
  ~FakeOrders() override { Stop(); }

  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void Stop() {
    if (server_ == nullptr) return;
    server_->Shutdown();
    server_->Wait();
    server_.reset();
  }

  const std::string& address() const { return address_; }
  void Put(const std::string& shop, const orders::v1::Order& order) {
    const std::lock_guard lock(mutex_);
    orders_[shop + "/" + order.order()] = order;
  }
  orders::v1::GetOrderRequest last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  grpc::Status GetOrder(grpc::ServerContext*, const orders::v1::GetOrderRequest* request,
                        orders::v1::Order* response) override {
    const std::lock_guard lock(mutex_);
    ++calls_;
    last_ = *request;
    const auto found = orders_.find(request->shop() + "/" + request->order());
    const bool foreign = found != orders_.end() && request->actor().role() == ROLE_BUYER &&
                         request->actor().id() != found->second.buyer();
    if (found == orders_.end() || foreign) {
      return server::ToGrpcStatus(
          Error(absl::StatusCode::kNotFound, "NO_SUCH_ORDER", "There is no such order."));
    }
    *response = found->second;
    return grpc::Status::OK;
  }

 private:
  const std::string address_;
  mutable std::mutex mutex_;
  std::map<std::string, orders::v1::Order> orders_;
  orders::v1::GetOrderRequest last_;
  int calls_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace kefu::after_sales::test
