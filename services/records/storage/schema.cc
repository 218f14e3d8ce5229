#include "services/records/storage/schema.h"

#include <soci/soci.h>

#include <string>

#include "services/common/base/status.h"
#include "services/records/storage/statement.h"

namespace kefu::records::storage {

// SOCI takes one statement at a time. Our files hold no string with a semicolon at a line's end.
static void RunScript(soci::session& sql, std::string_view script) {
  for (size_t at = 0; at < script.size();) {
    const size_t end = script.find(";\n", at);
    const std::string_view statement = script.substr(at, end == script.npos ? end : end - at);
    if (statement.find_first_not_of(" \n") != statement.npos) sql << std::string(statement);
    at = end == script.npos ? script.size() : end + 2;
  }
}

absl::Status Migrate(soci::session& sql) {
  int present = 0;
  Statement(sql, "PRAGMA user_version").Get(&present).Next();
  const int newest = Migrations().back().version;
  if (present > newest) {
    return Error(absl::StatusCode::kFailedPrecondition, "SCHEMA_TOO_NEW",
                 "A later release wrote this database: run that one, or let this one build its own "
                 "anew from an empty path.");
  }
  for (int version = present + 1; version <= newest; ++version) {
    sql << "BEGIN IMMEDIATE";
    for (const Migration& migration : Migrations()) {
      if (migration.version == version) RunScript(sql, migration.sql);
    }
    sql << "PRAGMA user_version = " + std::to_string(version);
    sql << "COMMIT";
  }
  return absl::OkStatus();
}

}  // namespace kefu::records::storage
