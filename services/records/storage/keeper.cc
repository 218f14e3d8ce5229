#include "services/records/storage/keeper.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "services/common/base/async.h"
#include "services/common/base/failpoint.h"
#include "services/records/storage/cursors.h"
#include "services/records/storage/things.h"
#include "services/records/storage/transcripts.h"

namespace kefu::records::storage {

namespace {

// Not a member: inside Keeper the name means its method.
absl::Status KeepFact(soci::session& sql, const ShopId& shop, const Fact& fact) {
  return std::visit([&](const auto& one) { return Keep(sql, shop, one); }, fact);
}

}  // namespace

Task<absl::Status> Keeper::Keep(ShopId shop, std::vector<Fact> facts,
                                std::optional<redis::CursorMove> move, TimePoint event_time) {
  const bool erases = std::any_of(facts.begin(), facts.end(), [](const Fact& fact) {
    return std::holds_alternative<ErasureFact>(fact);
  });
  Work keep = [shop, facts = std::move(facts), move = std::move(move),
               event_time](soci::session& sql) -> absl::Status {
    if (move) KEFU_RETURN_IF_ERROR(MoveCursor(sql, shop, *move, event_time));
    KEFU_FAILPOINT("records.between_cursor_and_rows");
    for (const Fact& fact : facts) KEFU_RETURN_IF_ERROR(KeepFact(sql, shop, fact));
    return absl::OkStatus();
  };
  const absl::Status kept = co_await database_.Write(std::move(keep));
  KEFU_FAILPOINT("records.kept");
  if (kept.ok() && erases) database_.Remind();
  co_return kept;
}

}  // namespace kefu::records::storage
