#include "services/records/storage/scrubber.h"

#include "services/common/base/status.h"
#include "services/records/storage/statement.h"

namespace kefu::records::storage {
namespace {

constexpr int kPagesPerStep = 500;

// 0: not at all.
int64_t TimesAsked(soci::session& sql) {
  int64_t asked = 0;
  Statement(sql, "SELECT COALESCE(MAX(asked), 0) FROM chores WHERE name = 'scrub'")
      .Get(&asked)
      .Next();
  return asked;
}

int64_t TotalChanges(soci::session& sql) {
  int64_t total = 0;
  Statement(sql, "SELECT total_changes()").Get(&total).Next();
  return total;
}

// Negative: everything is to become one piece, not only what is worth merging.
bool Merge(soci::session& sql, int pages) {
  const int64_t before = TotalChanges(sql);
  Statement(sql, "INSERT INTO search (search, rank) VALUES ('merge', :pages)")
      .Set("pages", pages)
      .Run();
  // SQLite's own sign that there was nothing to merge.
  return TotalChanges(sql) - before >= 2;
}

absl::Status CutLog(soci::session& sql) {
  int busy = 0;
  Statement(sql, "PRAGMA wal_checkpoint(TRUNCATE)").Get(&busy).Next();
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
      Statement(sql, "DELETE FROM chores WHERE name = 'scrub' AND asked = :asked")
          .Set("asked", asked_)
          .Run();
      return TimesAsked(sql) != 0;
  }
  return false;
}

}  // namespace kefu::records::storage
