// Agents, orders, cases and shipments as rows: each the latest state that was heard of. Parts of
// the caller's transaction; an older version than the one stored changes nothing, so they may be
// repeated in any order.
// Threads: as the session. Errors: SOCI throws; Connection::Run turns that into a status.
#pragma once

#include <absl/status/status.h>
#include <soci/soci.h>

#include "services/common/base/ids.h"
#include "services/records/storage/facts.h"

namespace kefu::records::storage {

absl::Status Keep(soci::session& sql, const ShopId& shop, const AgentFact& agent);
absl::Status Keep(soci::session& sql, const ShopId& shop, const OrderFact& order);
absl::Status Keep(soci::session& sql, const ShopId& shop, const CaseFact& after_sales_case);
absl::Status Keep(soci::session& sql, const ShopId& shop, const ShipmentFact& shipment);

}  // namespace kefu::records::storage
