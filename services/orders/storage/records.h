// Orders as they are stored (kefu.orders.v1.OrderRecord) and as they are shown. Pure.
//
// Version 1 is the only one so far. A record of a later one is refused: FAILED_PRECONDITION
// RECORD_TOO_NEW, which a release meets only if it runs beside one that is two ahead.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/kefu/orders/v1/service.pb.h"
#include "services/common/base/ids.h"
#include "services/orders/domain/order.h"

namespace kefu::orders::storage {

std::string Encode(const OrderId& id, const domain::Order& order);
// An empty state is the order that nobody has heard of.
absl::StatusOr<domain::Order> Decode(std::string_view state);

// As the API shows it; the etag is the version. In events without the contact.
v1::Order Show(const OrderId& id, const domain::Order& order, uint64_t version);
std::string ShowChange(const OrderId& id, const domain::Order& order, uint64_t version,
                       const std::vector<std::string>& moved);

}  // namespace kefu::orders::storage
