// Keeps what events say: their rows and the cursor behind them in one transaction.
// Threads: as the database, which outlives it.
#pragma once

#include <absl/status/status.h>

#include <optional>
#include <vector>

#include "services/common/redis/aggregate_store.h"
#include "services/records/storage/database.h"
#include "services/records/storage/facts.h"

namespace kefu::records::storage {

class Keeper {
 public:
  explicit Keeper(Database& database) : database_(database) {}

  // All of `facts` or nothing. Without `move`: what was read stays where it is. `event_time` is
  // when it happened. ABORTED CURSOR_MOVED; those of the database.
  Task<absl::Status> Keep(ShopId shop, std::vector<Fact> facts,
                          std::optional<redis::CursorMove> move, TimePoint event_time);

 private:
  Database& database_;
};

}  // namespace kefu::records::storage
