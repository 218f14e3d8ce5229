// kefu.gateway.v1.EventsService: the installation's operator looks at the events between services,
// asking the services that publish and consume them. Nothing of the events' data gets out. A
// service that is slow or down is a named gap, not an error; one that is not configured is left
// out.
//
// Threads: any. What it is made of outlives the calls.
#pragma once

#include <string>
#include <vector>

#include "gateway/edge/registry.h"
#include "gateway/upstream/service_channels.h"
#include "proto/kefu/gateway/v1/operations.pb.h"

namespace kefu::gateway {

class EventsService {
 public:
  struct Deps {
    // "gateway" is this process's own internal port.
    ServiceChannels& services;
    // For each service that is asked beside others.
    int64_t part_ms = 1500;
  };
  explicit EventsService(Deps deps) : deps_(deps) {}
  void Register(Registry& registry);

  Task<absl::StatusOr<v1::ReadEventsResponse>> ReadEvents(CallContext context,
                                                          v1::ReadEventsRequest request);
  Task<absl::StatusOr<v1::ListConsumersResponse>> ListConsumers(CallContext context,
                                                                v1::ListConsumersRequest request);
  Task<absl::StatusOr<v1::ListRefusedEventsResponse>> ListRefusedEvents(
      CallContext context, v1::ListRefusedEventsRequest request);
  Task<absl::StatusOr<v1::RetryRefusedEventResponse>> RetryRefusedEvent(
      CallContext context, v1::RetryRefusedEventRequest request);
  Task<absl::StatusOr<v1::DiscardRefusedEventResponse>> DiscardRefusedEvent(
      CallContext context, v1::DiscardRefusedEventRequest request);

 private:
  Task<> AddConsumer(server::CallScope scope, std::string shop,
                     v1::ListConsumersResponse::Consumer* consumer);

  const Deps deps_;
};

}  // namespace kefu::gateway
