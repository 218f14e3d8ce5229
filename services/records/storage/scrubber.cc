#include "services/records/storage/scrubber.h"

#include "services/common/base/status.h"

namespace kefu::records::storage {
namespace {

constexpr int kPagesPerStep = 500;

// 0: not at all.
long long TimesAsked(soci::session& sql) {
  long long asked = 0;
  sql << "SELECT COALESCE(MAX(asked), 0) FROM chores WHERE name = 'scrub'", soci::into(asked);
  return asked;
}

long long TotalChanges(soci::session& sql) {
  long long total = 0;
  sql << "SELECT total_changes()", soci::into(total);
  return total;
}

// Negative: everything is to become one piece, not only what is worth merging.
bool Merge(soci::session& sql, int pages) {
  const long long before = TotalChanges(sql);
  sql << "INSERT INTO search (search, rank) VALUES ('merge', :pages)", soci::use(pages, "pages");
  // SQLite's own sign that there was nothing to merge.
  return TotalChanges(sql) - before >= 2;
}

absl::Status CutLog(soci::session& sql) {
  int busy = 0;
  sql << "PRAGMA wal_checkpoint(TRUNCATE)", soci::into(busy);
  if (busy == 0) return absl::OkStatus();
  return Error(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
               "Readers hold the write-ahead log; it is cut back later.");
}

}  // namespace

absl::StatusOr<bool> Scrubber::Step(soci::session& sql) {
  switch (phase_) {
    case Phase::kIdle:
      asked_ = TimesAsked(sql);
      if (asked_ == 0) return false;
      phase_ = Phase::kMerging;
      Merge(sql, -kPagesPerStep);
      return true;
    case Phase::kMerging:
      if (!Merge(sql, kPagesPerStep)) phase_ = Phase::kCutting;
      return true;
    case Phase::kCutting:
      KEFU_RETURN_IF_ERROR(CutLog(sql));
      phase_ = Phase::kIdle;
      sql << "DELETE FROM chores WHERE name = 'scrub' AND asked = :asked",
          soci::use(asked_, "asked");
      return TimesAsked(sql) != 0;
  }
  return false;
}

}  // namespace kefu::records::storage
