// What a backup consists of: every file with its size and BLAKE2b-256 hash, and where it came from.
// A backup is a folder: manifest.json, redis/dump.rdb, records/records.sqlite, blobs/…; the
// manifest is written last, so a folder without one is no backup.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::ctl {

inline constexpr char kRecordsName[] = "records/records.sqlite";
inline constexpr char kBlobsPrefix[] = "blobs/";

struct ManifestFile {
  // Relative to the backup's folder, with slashes.
  std::string path;
  uint64_t bytes = 0;
  // Lower-case hex.
  std::string blake2b;
  bool operator==(const ManifestFile&) const = default;
};

struct Manifest {
  static constexpr int kFormat = 1;
  // ISO 8601, UTC.
  std::string create_time;
  std::string redis_version;
  // Function libraries that the data came with.
  std::vector<std::string> libraries;
  uint64_t keys = 0;
  std::vector<ManifestFile> files;
};

// Whether it has a file of that name, or one below that folder ("blobs/").
bool Holds(const Manifest& manifest, std::string_view path);

std::string ManifestJson(const Manifest& manifest);
// INVALID_ARGUMENT: not a manifest, or of a newer format.
absl::StatusOr<Manifest> ParseManifest(std::string_view json);

// Reads and writes are synced to disk before success is reported. Blocking.
absl::StatusOr<ManifestFile> HashFile(const std::filesystem::path& file, std::string path);
// Copies, syncs, and hashes what was read.
absl::StatusOr<ManifestFile> CopyFile(const std::filesystem::path& from,
                                      const std::filesystem::path& to, std::string path);
// All regular files below `from`, keeping their relative names, which `prefix` precedes in the
// manifest.
absl::StatusOr<std::vector<ManifestFile>> CopyTree(const std::filesystem::path& from,
                                                   const std::filesystem::path& to,
                                                   const std::string& prefix);
absl::Status WriteManifest(const std::filesystem::path& folder, const Manifest& manifest);

// Reads the manifest of a backup and compares every file with it. DATA_LOSS names what is missing,
// too much or different.
absl::StatusOr<Manifest> VerifyBackup(const std::filesystem::path& folder);

}  // namespace kefu::ctl
