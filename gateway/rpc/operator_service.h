// kefu.gateway.v1.OperatorService: the installation's operator. Threads: thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "gateway/directory/directory.h"
#include "gateway/directory/key_ring.h"
#include "gateway/directory/registrar.h"
#include "gateway/edge/registry.h"
#include "proto/kefu/gateway/v1/admin.pb.h"
#include "services/common/server/unary.h"

namespace kefu::gateway {

class OperatorService {
 public:
  // Raises the shop's store epoch in every service; answers service name → new epoch.
  using RaiseEpochs = std::function<Task<absl::StatusOr<std::map<std::string, uint64_t>>>(
      server::CallScope, ShopId, std::string request_id)>;

  struct Deps {
    directory::Directory& directory;
    directory::Registrar& registrar;
    const directory::KeyRing& master_keys;
    RaiseEpochs raise_epochs;
  };
  explicit OperatorService(Deps deps) : deps_(std::move(deps)) {}
  void Register(Registry& registry);

  Task<absl::StatusOr<v1::CreateShopResponse>> CreateShop(CallContext context,
                                                          v1::CreateShopRequest request);
  Task<absl::StatusOr<v1::ListShopsResponse>> ListShops(CallContext context,
                                                        v1::ListShopsRequest request);
  Task<absl::StatusOr<v1::UpdateShopOfResponse>> UpdateShopOf(CallContext context,
                                                              v1::UpdateShopOfRequest request);
  Task<absl::StatusOr<v1::CreatePersonResponse>> CreatePerson(CallContext context,
                                                              v1::CreatePersonRequest request);
  Task<absl::StatusOr<v1::SetPersonDisabledResponse>> SetPersonDisabled(
      CallContext context, v1::SetPersonDisabledRequest request);
  Task<absl::StatusOr<v1::CreateAgentInResponse>> CreateAgentIn(CallContext context,
                                                                v1::CreateAgentInRequest request);
  Task<absl::StatusOr<v1::RaiseStoreEpochResponse>> RaiseStoreEpoch(
      CallContext context, v1::RaiseStoreEpochRequest request);

 private:
  const Deps deps_;
};

}  // namespace kefu::gateway
