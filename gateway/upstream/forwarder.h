// Makes the methods of the services behind the gateway callable from outside, without code per
// method: every method that names roles is registered, and a call is handed on as it is, but for
// the fields that the proto marks (kefu.from_credential): those are written from the caller's
// credential, over whatever the caller sent.
//
//   Forwarder forwarder(services);
//   forwarder.Before("kefu.orders.v1.OrderService/UpsertOrders", hook);
//   KEFU_RETURN_IF_ERROR(forwarder.Register("orders", registry));
//
// Writes of lists may be up to 1 MiB, whatever the edge's limit for others.
//
// A service's error is passed on with its details. One that is not reachable is tried once more at
// another replica (writes are idempotent by their request id), then UNAVAILABLE with a retry delay;
// so is one that is not configured.
//
// Threads: Before and Register before serving; then any. Outlives the registry's last call.
#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "gateway/auth/caller.h"
#include "gateway/edge/registry.h"
#include "gateway/upstream/service_channels.h"

namespace kefu::gateway {

class Forwarder {
 public:
  // Completes or refuses a request on its way; the message outlives the coroutine.
  using Hook = std::function<Task<absl::Status>(CallContext, google::protobuf::Message&)>;

  explicit Forwarder(ServiceChannels& services) : services_(services) {}

  void Before(std::string path, Hook hook) { hooks_[std::move(path)] = std::move(hook); }

  // All methods with roles of proto/kefu/<service>/v1/service.proto. INTERNAL
  // METHOD_NOT_FORWARDABLE, a bug in the proto: a method that streams, that callers without a shop
  // may call, or whose request has no shop to write the credential's into.
  absl::Status Register(const std::string& service, Registry& registry);

 private:
  Task<absl::StatusOr<MessagePtr>> Forward(const google::protobuf::MethodDescriptor& method,
                                           std::string service, CallContext context,
                                           MessagePtr request);

  ServiceChannels& services_;
  std::map<std::string, Hook, std::less<>> hooks_;
};

// Writes the fields marked (kefu.from_credential). The caller has a shop.
void FillFromCredential(const Caller& caller, google::protobuf::Message& request);

}  // namespace kefu::gateway
