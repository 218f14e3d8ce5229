// One connection to the database, with everything it needs to be used: write-ahead log, every
// commit on the disk before it is answered, deleted content overwritten, the full-text tokenizer.
// Threads: none of its own; one at a time. `analyser` outlives it.
// Errors: what SQLite reports as a status: UNAVAILABLE STORE_UNAVAILABLE (busy, disk full, cannot
// be read: try again), DEADLINE_EXCEEDED, INTERNAL STORE_FAILED (everything else).
#pragma once

#include <absl/status/statusor.h>
#include <soci/soci.h>

#include <functional>
#include <memory>
#include <string>

#include "services/common/text/analyser.h"

namespace kefu::records::storage {

using Work = std::function<absl::Status(soci::session&)>;

class Connection {
 public:
  // Creates the file if there is none. UNAVAILABLE CANNOT_OPEN_DATABASE.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& path,
                                                          const text::Analyser& analyser);

  // Carries out `work`; what SOCI throws comes back as a status.
  absl::Status Run(const Work& work);
  // In a transaction that sees one state of everything, and ends with it.
  absl::Status RunReading(const Work& work, int64_t deadline_ms);
  // A transaction is open.
  bool in_transaction() const;

 private:
  explicit Connection(const std::string& path);
  soci::session session_;
  int64_t deadline_ms_ = 0;
};

}  // namespace kefu::records::storage
