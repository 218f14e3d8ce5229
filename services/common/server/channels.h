// gRPC channels to the replicas of one service: every method as a coroutine.
//
// Threads: any. A call goes to the next replica in turn, connected ones first; if that one is not
// reachable, once more to another, which is safe since every write is idempotent by its request id.
//
//   Channels orders(channels);
//   co_await orders.Call<orders::v1::OrderService>(&OrderStub::GetOrder, scope, request);
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/common/server/unary.h"

namespace kefu::server {

using ChannelPtr = std::shared_ptr<grpc::Channel>;

// A channel as services want it: quick to reconnect, kept alive.
ChannelPtr NewChannel(const std::string& address);
std::vector<ChannelPtr> NewChannels(const std::vector<std::string>& addresses);

class Channels {
 public:
  // In-process channels (grpc::Server::InProcessChannel) are always connected.
  explicit Channels(std::vector<ChannelPtr> channels);

  // The next replica, connected ones first. There must be one at least.
  const ChannelPtr& Pick();
  // At least one replica is connected. Asks those that are not to connect.
  bool connected() const;
  bool empty() const { return replicas_.empty(); }
  size_t size() const { return replicas_.size(); }

  // `Service` is the generated class, e.g. orders::v1::OrderService; stubs are made for the call,
  // which is cheap.
  template <class Service, class Request, class Response>
  Task<absl::StatusOr<Response>> Call(void (Service::StubInterface::async_interface::*method)(
                                          grpc::ClientContext*, const Request*, Response*,
                                          std::function<void(grpc::Status)>),
                                      CallScope scope, Request request) {
    constexpr int kAttempts = 2;
    absl::Status status;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Response response;
      const auto stub = Service::NewStub(Pick());
      auto* const async = static_cast<typename Service::StubInterface&>(*stub).async();
      status = co_await CallUnary(async, method, scope, request, &response);
      if (status.ok()) co_return response;
      if (status.code() != absl::StatusCode::kUnavailable || scope.remaining_ms() <= 0) break;
    }
    co_return status;
  }

 private:
  struct Replica {
    ChannelPtr channel;
    bool in_process = false;
    bool Ready() const;
  };

  std::vector<Replica> replicas_;
  std::atomic<size_t> next_{0};
};

}  // namespace kefu::server
