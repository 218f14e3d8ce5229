#include "deploy/ctl/backup/backup.h"

#include <absl/strings/numbers.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "deploy/ctl/backup/database.h"
#include "deploy/ctl/backup/redis_admin.h"
#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

namespace fs = std::filesystem;

absl::Status PrepareOut(const fs::path& out) {
  std::error_code error;
  fs::create_directories(out, error);
  if (error)
    return InvalidField("out", fmt::format("Cannot make {}: {}.", out.string(), error.message()));
  if (!fs::is_empty(out, error) || error) {
    return Error(
        absl::StatusCode::kAlreadyExists, "NOT_EMPTY",
        fmt::format("{} is not empty; choose a new folder for each backup.", out.string()));
  }
  // It holds everything that the store holds.
  fs::permissions(out, fs::perms::owner_all, error);
  return absl::OkStatus();
}

}  // namespace

Task<absl::StatusOr<Manifest>> Backup(BackupOptions options) {
  const fs::path out = options.out;
  KEFU_CO_RETURN_IF_ERROR(PrepareOut(out));
  std::vector<ManifestFile> files;
  if (!options.records.empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(ManifestFile database,
                             CopyDatabase(options.records, out / kRecordsName, kRecordsName));
    files.push_back(std::move(database));
  }
  redis::Client client(options.redis);
  KEFU_CO_RETURN_IF_ERROR(co_await AwaitReady(&client, options.timeout_ms));
  KEFU_CO_RETURN_IF_ERROR(co_await SaveSnapshot(&client, options.timeout_ms));
  KEFU_CO_ASSIGN_OR_RETURN(const std::string dump, co_await DumpPath(&client));
  KEFU_CO_ASSIGN_OR_RETURN(Manifest manifest, co_await Describe(&client));
  manifest.create_time = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone());
  KEFU_CO_ASSIGN_OR_RETURN(ManifestFile copied,
                           CopyFile(dump, out / "redis/dump.rdb", "redis/dump.rdb"));
  files.push_back(std::move(copied));
  if (!options.blobs.empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(std::vector<ManifestFile> blobs,
                             CopyTree(options.blobs, out / "blobs", "blobs/"));
    files.insert(files.end(), blobs.begin(), blobs.end());
  }
  manifest.files = std::move(files);
  KEFU_CO_RETURN_IF_ERROR(WriteManifest(out, manifest));
  co_return VerifyBackup(out);
}

}  // namespace kefu::ctl
