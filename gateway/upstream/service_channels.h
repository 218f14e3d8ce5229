// The services behind the gateway, by name ("orders"), with a channel to each of their replicas.
// Threads: any. Lives as long as the calls.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/common/server/channels.h"

namespace kefu::gateway {

// UNAVAILABLE with a time after which to try again, if the service named none.
absl::Status WorthRetrying(absl::Status status);

class ServiceChannels {
 public:
  using ByName = std::map<std::string, std::vector<server::ChannelPtr>, std::less<>>;
  explicit ServiceChannels(const ByName& services);

  // UNAVAILABLE SERVICE_NOT_CONFIGURED if the gateway was not told where the service is.
  absl::StatusOr<server::Channels*> To(std::string_view service);
  // Before serving.
  void Add(std::string service, std::vector<server::ChannelPtr> channels);

  // A typed call, as server::Channels::Call; an error that passes says when to try again.
  //   co_await services.Call<OrderService>("orders", &OrderStub::GetOrder, scope, request);
  template <class Service, class Request, class Response>
  Task<absl::StatusOr<Response>> Call(std::string service,
                                      void (Service::StubInterface::async_interface::*method)(
                                          grpc::ClientContext*, const Request*, Response*,
                                          std::function<void(grpc::Status)>),
                                      server::CallScope scope, Request request) {
    absl::StatusOr<server::Channels*> channels = To(service);
    if (!channels.ok()) co_return channels.status();
    absl::StatusOr<Response> response =
        co_await (*channels)->template Call<Service>(method, std::move(scope), std::move(request));
    if (!response.ok()) co_return WorthRetrying(response.status());
    co_return response;
  }

 private:
  std::map<std::string, server::Channels, std::less<>> channels_;
};

}  // namespace kefu::gateway
