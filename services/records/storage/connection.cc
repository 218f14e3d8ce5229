#include "services/records/storage/connection.h"

#include <soci/sqlite3/soci-sqlite3.h>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/records/storage/tokenizer.h"

namespace kefu::records::storage {
namespace {

// Steps of SQLite's machine between two looks at the clock: well below a millisecond.
constexpr int kStepsBetweenLooks = 20'000;

sqlite_api::sqlite3* HandleOf(soci::session& session) {
  return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

absl::Status StatusOf(const soci::soci_error& error) {
  const auto* const failure = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
  switch (failure == nullptr ? SQLITE_ERROR : failure->result() & 0xFF) {
    case SQLITE_INTERRUPT:
      return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                   "Allow the call more time, or ask for less.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
      return Error(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE", error.what());
    default:
      return Error(absl::StatusCode::kInternal, "STORE_FAILED", error.what());
  }
}

}  // namespace

Connection::Connection(const std::string& path)
    : session_(soci::sqlite3, "dbname=\"" + path + "\" timeout=5") {
  sqlite3_progress_handler(
      HandleOf(session_), kStepsBetweenLooks,
      [](void* deadline_ms) {
        const int64_t deadline = *static_cast<int64_t*>(deadline_ms);
        return deadline != 0 && MonotonicMs() >= deadline ? 1 : 0;
      },
      &deadline_ms_);
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& path,
                                                             const text::Analyser& analyser) {
  if (path.find('"') != path.npos) return InvalidField("database", "must be a path without quotes");
  std::unique_ptr<Connection> connection;
  try {
    connection.reset(new Connection(path));
    soci::session& sql = connection->session_;
    for (const char* setting :
         {"journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON",
          "cache_size = -32000", "temp_store = MEMORY"}) {
      sql << std::string("PRAGMA ") + setting;
    }
  } catch (const soci::soci_error& error) {
    return Error(absl::StatusCode::kUnavailable, "CANNOT_OPEN_DATABASE",
                 "Cannot open the database " + path + ": " + error.what() + ".");
  }
  KEFU_RETURN_IF_ERROR(RegisterTokenizer(connection->session_, analyser));
  return connection;
}

absl::Status Connection::Run(const Work& work) {
  try {
    return work(session_);
  } catch (const soci::soci_error& error) {
    return StatusOf(error);
  }
}

absl::Status Connection::RunReading(const Work& work, int64_t deadline_ms) {
  deadline_ms_ = deadline_ms;
  absl::Status status = Run([](soci::session& sql) {
    sql << "BEGIN";
    return absl::OkStatus();
  });
  if (status.ok()) status = Run(work);
  deadline_ms_ = 0;
  if (!in_transaction()) return status;
  const absl::Status ended = Run([](soci::session& sql) {
    sql << "COMMIT";
    return absl::OkStatus();
  });
  return status.ok() ? ended : status;
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(HandleOf(const_cast<soci::session&>(session_))) == 0;
}

}  // namespace kefu::records::storage
