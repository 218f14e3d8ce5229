// kefu.gateway.v1.WhatIfService: simulations for supervisors.
//
// Threads: any; simulations run on a thread of their own.
#pragma once

#include "gateway/edge/registry.h"
#include "gateway/routing/simulation/background.h"
#include "proto/kefu/gateway/v1/what_if.pb.h"

namespace kefu::gateway {

class WhatIfService {
 public:
  void Register(Registry& registry);

  Task<absl::Status> Compare(CallContext context, v1::CompareRequest request, StreamWriter& writer);

 private:
  routing::simulation::BackgroundComparisons comparisons_{"redis-server"};
};

}  // namespace kefu::gateway
