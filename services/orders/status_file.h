// Reads the tables of source statuses (deploy/config/order_statuses.yaml):
//
//   sources:
//     shopify:
//       ignored: [return_status]
//       rules:
//         - {field: cancelled_at, value: "*", state: CANCELLED}
//         - {field: financial_status, value: paid, payment: PAID}
//     taobao:
//       rules:
//         - {field: status, value: WAIT_SELLER_SEND_GOODS, where: {type: cod}, payment: UNPAID}
//
// `value` is one text or a list of them; "*" is any but null. `state: CLOSED` is CANCELLED if
// nothing was shipped, else COMPLETED. Everything else is an error that names its line: unknown
// keys and values, a rule that says nothing, a rule that another one before it makes useless.
#pragma once

#include <absl/status/statusor.h>

#include <string_view>

#include "services/orders/domain/status_table.h"

namespace kefu::orders {

// INVALID_ARGUMENT BAD_STATUSES, with the line.
absl::StatusOr<domain::StatusTables> ParseStatuses(std::string_view yaml);

}  // namespace kefu::orders
