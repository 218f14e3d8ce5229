#include "deploy/ctl/backup/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <memory>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

namespace fs = std::filesystem;

// A writer's transaction may hold up the reading of the first page.
constexpr int kPatienceMs = 10000;

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, Close>;

absl::Status SqlError(const fs::path& file, sqlite3* database) {
  return Error(absl::StatusCode::kFailedPrecondition, "DATABASE_ERROR",
               fmt::format("{}: {}.", file.string(), sqlite3_errmsg(database)));
}

absl::StatusOr<Database> Open(const fs::path& file, const std::string& name, int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags, nullptr);
  Database database(opened);  // there even if it could not be opened
  if (code != SQLITE_OK) return SqlError(file, opened);
  sqlite3_busy_timeout(opened, kPatienceMs);
  return database;
}

// All pages in one step: in one read transaction, beside which writers go on.
absl::Status CopyPages(const fs::path& from, const fs::path& to) {
  KEFU_ASSIGN_OR_RETURN(const Database source, Open(from, from.string(), SQLITE_OPEN_READWRITE));
  KEFU_ASSIGN_OR_RETURN(
      const Database copy,
      Open(to, to.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE));
  sqlite3_backup* backup = sqlite3_backup_init(copy.get(), "main", source.get(), "main");
  if (backup == nullptr) return SqlError(to, copy.get());
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  return code == SQLITE_OK ? absl::OkStatus() : SqlError(from, copy.get());
}

// Reads it all. Leaves nothing beside the file, which nobody else has open.
absl::Status Check(const fs::path& file) {
  KEFU_ASSIGN_OR_RETURN(
      const Database database,
      Open(file, "file:" + file.string() + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
  std::string verdict;
  const auto take = [](void* to, int columns, char** values, char**) {
    if (columns > 0 && values[0] != nullptr) static_cast<std::string*>(to)->append(values[0]);
    return 0;
  };
  if (sqlite3_exec(database.get(), "PRAGMA quick_check", take, &verdict, nullptr) != SQLITE_OK) {
    return SqlError(file, database.get());
  }
  if (verdict == "ok") return absl::OkStatus();
  return Error(absl::StatusCode::kDataLoss, "DATABASE_DAMAGED",
               fmt::format("{}: {}", file.string(), verdict));
}

}  // namespace

absl::StatusOr<ManifestFile> CopyDatabase(const fs::path& from, const fs::path& to,
                                          std::string path) {
  if (!fs::is_regular_file(from)) {
    return Error(absl::StatusCode::kNotFound, "NO_SUCH_FILE",
                 fmt::format("There is no database {}.", from.string()));
  }
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  const fs::path unsynced = to.string() + ".unsynced";
  KEFU_RETURN_IF_ERROR(CopyPages(from, unsynced));
  KEFU_RETURN_IF_ERROR(Check(unsynced));
  KEFU_ASSIGN_OR_RETURN(ManifestFile file, CopyFile(unsynced, to, std::move(path)));
  fs::remove(unsynced, error);
  return file;
}

absl::Status MoveDatabaseAside(const fs::path& database, const std::string& stamp) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const fs::path file = database.string() + suffix;
    std::error_code error;
    if (!fs::exists(file)) continue;
    fs::rename(file, database.string() + ".replaced-" + stamp + suffix, error);
    if (error) {
      return Error(absl::StatusCode::kFailedPrecondition, "FILE_ERROR",
                   fmt::format("Cannot move {} aside: {}.", file.string(), error.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace kefu::ctl
