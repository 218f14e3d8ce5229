// Registers the methods of an RPC class by their names.
//
//   Methods<BuyerService>(registry, "kefu.gateway.v1.BuyerService", this)
//       .Unary("SendMessage", &BuyerService::SendMessage)
//       .Stream("Subscribe", &BuyerService::Subscribe);
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "gateway/edge/registry.h"

namespace kefu::gateway {

// The service must outlive the registry's last call.
template <class Service>
class Methods {
 public:
  Methods(Registry& registry, std::string_view name, Service* service)
      : registry_(registry), prefix_(std::string(name) + "/"), service_(service) {}

  template <class Request, class Response>
  Methods& Unary(std::string_view method,
                 Task<absl::StatusOr<Response>> (Service::*handler)(CallContext, Request)) {
    registry_.Unary<Request, Response>(
        prefix_ + std::string(method),
        [service = service_, handler](CallContext context, Request request) {
          return (service->*handler)(std::move(context), std::move(request));
        });
    return *this;
  }

  template <class Request>
  Methods& Stream(std::string_view method,
                  Task<absl::Status> (Service::*handler)(CallContext, Request, StreamWriter&)) {
    registry_.Stream<Request>(
        prefix_ + std::string(method),
        [service = service_, handler](CallContext context, Request request, StreamWriter& writer) {
          return (service->*handler)(std::move(context), std::move(request), writer);
        });
    return *this;
  }

 private:
  Registry& registry_;
  const std::string prefix_;
  Service* const service_;
};

}  // namespace kefu::gateway
