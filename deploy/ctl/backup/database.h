// Copies of a SQLite database that is in use (the one of records). Blocking.
#pragma once

#include <absl/status/statusor.h>

#include <filesystem>
#include <string>

#include "deploy/ctl/backup/manifest.h"

namespace kefu::ctl {

// The database as of one moment, whatever is written meanwhile; checked, synced and hashed. `path`
// is its name in the manifest. FAILED_PRECONDITION DATABASE_ERROR says what SQLite says.
absl::StatusOr<ManifestFile> CopyDatabase(const std::filesystem::path& from,
                                          const std::filesystem::path& to, std::string path);

// Renames it, and what SQLite keeps beside it, to "<name>.replaced-<stamp>"; OK if there is none.
absl::Status MoveDatabaseAside(const std::filesystem::path& database, const std::string& stamp);

}  // namespace kefu::ctl
