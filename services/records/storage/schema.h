// The tables, by version: schema/NNN_records.sql, and schema/NNN_search.sqlite.sql for what only
// SQLite has. A change of the tables is a file with the next number; those that were released stay
// as they are. The version is the database's own (PRAGMA user_version).
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "services/common/base/clock.h"

namespace soci {
class session;
}

namespace kefu::records::storage {

struct Migration {
  int version;
  std::string_view sql;
};
// By version; made of the files when this is built.
std::span<const Migration> Migrations();

// Brings the tables to the present version, each migration in a transaction of its own.
// FAILED_PRECONDITION SCHEMA_TOO_NEW if a later release wrote this database.
absl::Status Migrate(soci::session& sql);

// Ids of entries: the time in milliseconds and a number of 12 bits, so that "newest first" is the
// order of the index itself.
inline constexpr int kEntryIdShift = 12;
inline int64_t FirstEntryIdAt(TimePoint time) {
  constexpr int64_t kLastMs = int64_t{1} << 50;  // far beyond the year 9999
  return (time.ms < 0 ? 0 : time.ms > kLastMs ? kLastMs : time.ms) << kEntryIdShift;
}

}  // namespace kefu::records::storage
