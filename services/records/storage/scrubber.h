// After personal data was deleted: overwrites what the full-text index and the write-ahead log
// still hold of it.
//
// SQLite's FTS5 only marks deleted terms and drops them when it merges; so the index is merged into
// one piece, 500 pages at a time, while events go on being kept between the steps. Pages that
// become free are overwritten (secure_delete), and the log is cut back to nothing at the end. The
// chore is a row (`chores`), so a crash in between only begins it again. Threads: the database's
// writer.
#pragma once

#include <absl/status/statusor.h>
#include <soci/soci.h>

#include <cstdint>

namespace kefu::records::storage {

class Scrubber {
 public:
  // One step, outside of any transaction. False when nothing is left to do. UNAVAILABLE if readers
  // keep the log from being cut back: try again.
  absl::StatusOr<bool> Step(soci::session& sql);

 private:
  enum class Phase { kIdle, kMerging, kCutting };
  Phase phase_ = Phase::kIdle;
  // How often it had been asked for when this round began: what was asked for since makes another.
  int64_t asked_ = 0;
};

}  // namespace kefu::records::storage
