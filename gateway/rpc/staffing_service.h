// kefu.gateway.v1.StaffingService: services/common/staffing for people and programs outside.
// Long plans give way to other calls every few milliseconds.
//
// Threads: any. It holds nothing.
#pragma once

#include "gateway/edge/registry.h"
#include "proto/kefu/gateway/v1/staffing.pb.h"

namespace kefu::gateway {

class StaffingService {
 public:
  void Register(Registry& registry);

  Task<absl::StatusOr<v1::CalculateStaffingResponse>> CalculateStaffing(
      CallContext context, v1::CalculateStaffingRequest request);
  Task<absl::StatusOr<v1::PlanStaffingResponse>> PlanStaffing(CallContext context,
                                                              v1::PlanStaffingRequest request);
};

}  // namespace kefu::gateway
