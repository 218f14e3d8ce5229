// How far records has got in the logs of others, in the database that holds what was read: see
// redis/cursors.h for the contract.
#pragma once

#include <memory>
#include <optional>

#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/cursors.h"
#include "services/records/storage/database.h"

namespace kefu::records::storage {

// Threads: as the database, which outlives it, like `clock`.
std::unique_ptr<redis::CursorStore> NewSqlCursors(Database& database, const Clock& clock);

// Part of the caller's transaction. ABORTED CURSOR_MOVED unless the cursor stands at
// `move.expected`. `event_time` is that of an event that leaves rows.
absl::Status MoveCursor(soci::session& sql, const ShopId& shop, const redis::CursorMove& move,
                        std::optional<TimePoint> event_time);

}  // namespace kefu::records::storage
