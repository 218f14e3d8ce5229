// kefu.gateway.v1.IntegratorService: what the shop's programs call with their API keys.
#pragma once

#include <functional>

#include "gateway/edge/registry.h"
#include "gateway/rpc/session_parts.h"
#include "proto/kefu/gateway/v1/admin.pb.h"

namespace kefu::gateway {

class IntegratorService {
 public:
  // The buyer id that stands for a shop's own buyer id.
  using BuyerIdOf = std::function<Task<absl::StatusOr<BuyerId>>(ShopId, std::string external_id)>;

  IntegratorService(SessionParts parts, BuyerIdOf buyer_id_of)
      : parts_(std::move(parts)), buyer_id_of_(std::move(buyer_id_of)) {}
  void Register(Registry& registry);

 private:
  Task<absl::StatusOr<v1::IntegratorOpenSessionResponse>> OpenSession(
      CallContext context, v1::IntegratorOpenSessionRequest request);
  Task<absl::StatusOr<v1::PostNoticeResponse>> PostNotice(CallContext context,
                                                          v1::PostNoticeRequest request);

  const SessionParts parts_;
  const BuyerIdOf buyer_id_of_;
};

}  // namespace kefu::gateway
