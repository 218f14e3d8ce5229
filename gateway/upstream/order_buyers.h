// Shops name their buyers by their own ids; kefu's are derived from those by the shop's salt, which
// only the gateway can open.
#pragma once

#include <functional>
#include <string>

#include "gateway/upstream/forwarder.h"
#include "services/common/base/ids.h"

namespace kefu::gateway {

// The buyer that the shop's own id stands for. Thread-safe.
using BuyerOfExternalId = std::function<Task<absl::StatusOr<BuyerId>>(ShopId, std::string)>;

// For UpsertOrders: in every order, the external id is replaced by the buyer it stands for. One
// that cannot be (malformed, or beside a buyer) is left for orders to refuse, for each order stands
// for itself.
Forwarder::Hook NameBuyersOfOrders(BuyerOfExternalId buyer_of);

}  // namespace kefu::gateway
