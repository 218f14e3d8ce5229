#include "deploy/ctl/backup/manifest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr size_t kHashBytes = 32;
constexpr const char* kManifestName = "manifest.json";

absl::Status FileError(std::string_view what, const fs::path& file) {
  return Error(absl::StatusCode::kFailedPrecondition, "FILE_ERROR",
               fmt::format("Cannot {} {}: {}.", what, file.string(), std::strerror(errno)));
}

absl::Status Damaged(std::string message) {
  return Error(absl::StatusCode::kDataLoss, "BACKUP_DAMAGED", message);
}

class Hash {
 public:
  Hash() { crypto_generichash_init(&state_, nullptr, 0, kHashBytes); }
  void Add(const char* bytes, size_t size) {
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(bytes), size);
  }
  std::string Hex() {
    std::array<unsigned char, kHashBytes> hash;
    crypto_generichash_final(&state_, hash.data(), hash.size());
    std::string hex;
    for (const unsigned char byte : hash) hex += fmt::format("{:02x}", byte);
    return hex;
  }

 private:
  crypto_generichash_state state_;
};

class File {
 public:
  File(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool WriteAll(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

// Hashes `from`; writes what was read to `to` if there is one.
absl::StatusOr<ManifestFile> Stream(const fs::path& from, const File* to, const fs::path& to_path,
                                    std::string path) {
  const File in(from, O_RDONLY);
  if (!in.ok()) return FileError("read", from);
  Hash hash;
  ManifestFile file;
  std::array<char, 1 << 16> buffer;
  while (true) {
    const ssize_t got = ::read(in.fd(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", from);
    if (got == 0) break;
    hash.Add(buffer.data(), static_cast<size_t>(got));
    file.bytes += static_cast<uint64_t>(got);
    if (to != nullptr && !WriteAll(to->fd(), buffer.data(), static_cast<size_t>(got))) {
      return FileError("write", to_path);
    }
  }
  file.path = std::move(path);
  file.blake2b = hash.Hex();
  return file;
}

absl::Status SyncFolder(const fs::path& folder) {
  const File opened(folder, O_RDONLY | O_DIRECTORY);
  if (!opened.ok() || ::fsync(opened.fd()) != 0) return FileError("sync", folder);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return FileError("read", path);
  return text.str();
}

// A manifest must not reach outside of its backup.
bool StaysInside(const std::string& path) {
  const fs::path relative(path);
  if (path.empty() || relative.is_absolute()) return false;
  for (const fs::path& part : relative) {
    if (part == "..") return false;
  }
  return true;
}

}  // namespace

bool Holds(const Manifest& manifest, std::string_view path) {
  return std::any_of(manifest.files.begin(), manifest.files.end(), [&](const ManifestFile& file) {
    return path.ends_with('/') ? file.path.starts_with(path) : file.path == path;
  });
}

std::string ManifestJson(const Manifest& manifest) {
  ordered_json out;
  out["format"] = Manifest::kFormat;
  out["create_time"] = manifest.create_time;
  out["redis"] = {{"version", manifest.redis_version},
                  {"keys", manifest.keys},
                  {"libraries", manifest.libraries}};
  out["files"] = ordered_json::array();
  for (const ManifestFile& file : manifest.files) {
    out["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"blake2b", file.blake2b}});
  }
  return out.dump(1) + "\n";
}

absl::StatusOr<Manifest> ParseManifest(std::string_view json) {
  try {
    const ordered_json in = ordered_json::parse(json);
    if (in.at("format").get<int>() != Manifest::kFormat) {
      return InvalidField("format", "The backup has a format that this kefuctl does not know.");
    }
    Manifest manifest;
    manifest.create_time = in.at("create_time").get<std::string>();
    manifest.redis_version = in.at("redis").at("version").get<std::string>();
    manifest.keys = in.at("redis").at("keys").get<uint64_t>();
    manifest.libraries = in.at("redis").at("libraries").get<std::vector<std::string>>();
    for (const ordered_json& file : in.at("files")) {
      manifest.files.push_back({file.at("path").get<std::string>(),
                                file.at("bytes").get<uint64_t>(),
                                file.at("blake2b").get<std::string>()});
      if (!StaysInside(manifest.files.back().path)) {
        return InvalidField("files", "A file of the manifest lies outside of the backup.");
      }
    }
    return manifest;
  } catch (const nlohmann::json::exception& error) {
    return InvalidField("manifest", fmt::format("It is not a manifest: {}", error.what()));
  }
}

absl::StatusOr<ManifestFile> HashFile(const fs::path& file, std::string path) {
  return Stream(file, nullptr, {}, std::move(path));
}

absl::StatusOr<ManifestFile> CopyFile(const fs::path& from, const fs::path& to, std::string path) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  const File out(to, O_WRONLY | O_CREAT | O_EXCL);
  if (!out.ok()) return FileError("create", to);
  KEFU_ASSIGN_OR_RETURN(ManifestFile file, Stream(from, &out, to, std::move(path)));
  if (::fsync(out.fd()) != 0) return FileError("sync", to);
  KEFU_RETURN_IF_ERROR(SyncFolder(to.parent_path()));
  return file;
}

absl::StatusOr<std::vector<ManifestFile>> CopyTree(const fs::path& from, const fs::path& to,
                                                   const std::string& prefix) {
  std::vector<ManifestFile> files;
  std::error_code error;
  fs::create_directories(to, error);
  if (error)
    return absl::FailedPreconditionError(
        fmt::format("Cannot make {}: {}.", to.string(), error.message()));
  fs::recursive_directory_iterator entry(from, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (!entry->is_regular_file()) continue;
    const std::string relative = fs::relative(entry->path(), from).generic_string();
    absl::StatusOr<ManifestFile> file = CopyFile(entry->path(), to / relative, prefix + relative);
    // A writer's temporary file may go between the listing and the reading.
    if (!file.ok() && !fs::exists(entry->path())) continue;
    if (!file.ok()) return file.status();
    files.push_back(std::move(*file));
  }
  if (error) {
    return absl::FailedPreconditionError(
        fmt::format("Cannot list {}: {}.", from.string(), error.message()));
  }
  return files;
}

absl::Status WriteManifest(const fs::path& folder, const Manifest& manifest) {
  const fs::path unfinished = folder / "manifest.json.unfinished";
  const std::string json = ManifestJson(manifest);
  {
    const File out(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
    if (!out.ok() || !WriteAll(out.fd(), json.data(), json.size()) || ::fsync(out.fd()) != 0) {
      return FileError("write", unfinished);
    }
  }
  if (std::rename(unfinished.c_str(), (folder / kManifestName).c_str()) != 0)
    return FileError("rename", unfinished);
  return SyncFolder(folder);
}

absl::StatusOr<Manifest> VerifyBackup(const fs::path& folder) {
  absl::StatusOr<std::string> json = ReadText(folder / kManifestName);
  if (!json.ok()) {
    return Error(
        absl::StatusCode::kNotFound, "NO_BACKUP",
        fmt::format("{} has no readable {}: it is no backup, or one that was not finished.",
                    folder.string(), kManifestName));
  }
  KEFU_ASSIGN_OR_RETURN(Manifest manifest, ParseManifest(*json));
  std::set<std::string> listed = {kManifestName};
  for (const ManifestFile& file : manifest.files) {
    listed.insert(file.path);
    const fs::path path = folder / file.path;
    if (!fs::is_regular_file(path)) return Damaged(fmt::format("{} is missing.", file.path));
    KEFU_ASSIGN_OR_RETURN(const ManifestFile found, HashFile(path, file.path));
    if (!(found == file)) return Damaged(fmt::format("{} is not what was backed up.", file.path));
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string relative = fs::relative(entry.path(), folder).generic_string();
    if (entry.is_regular_file() && !listed.contains(relative)) {
      return Damaged(fmt::format("{} is not in the manifest.", relative));
    }
  }
  return manifest;
}

}  // namespace kefu::ctl
