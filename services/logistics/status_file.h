// Reads the table of the sources' codes (deploy/config/shipment_statuses.yaml):
//
//   sources:
//     aftership:
//       fallback: prefix          # an unknown "Exception_099" counts as "Exception"
//       codes:
//         Exception_004: EXCEPTION/CUSTOMS
//         Delivered: DELIVERED
//       carriers: {sf-express: shunfeng}
//
// A code's meaning is a status, a status and a substatus, or NOTE for what says nothing of where
// the parcel is. INVALID_ARGUMENT BAD_STATUS_FILE names the line: unknown keys and statuses, a code
// twice, no codes at all.
#pragma once

#include <absl/status/statusor.h>

#include <string_view>

#include "services/logistics/domain/status_table.h"

namespace kefu::logistics {

absl::StatusOr<StatusTable> ParseStatusFile(std::string_view yaml);

}  // namespace kefu::logistics
