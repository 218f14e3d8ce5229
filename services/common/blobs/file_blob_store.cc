// A blob is one file: magic "KFB1", CRC32C, length (little-endian), then the bytes. It is written
// under a temporary name, synced, linked to its own name (which fails if that exists, so a blob
// never changes), and the folder is synced.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "services/common/base/ids.h"
#include "services/common/base/status.h"
#include "services/common/blobs/blob_store.h"
#include "services/common/blobs/crc32c.h"

namespace kefu::blobs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "KFB1";
constexpr size_t kHeaderSize = 16;

absl::Status Failed(std::string_view doing, const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return Error(full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kUnavailable,
               full ? "BLOB_STORE_FULL" : "BLOB_STORE_UNAVAILABLE",
               std::string(doing) + " " + path + ": " + std::strerror(error));
}

absl::Status Damaged(std::string_view name) {
  return Error(
      absl::StatusCode::kDataLoss, "BLOB_DAMAGED",
      "The blob " + std::string(name) + " does not match its checksum; restore it from a backup.");
}

// Closes on the way out.
class File {
 public:
  File(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  const int fd_;
};

void AppendLittleEndian(std::string* out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

absl::Status SyncFolder(const std::string& path) {
  const File folder(path, O_RDONLY | O_DIRECTORY);
  if (!folder.ok() || fsync(folder.fd()) != 0) return Failed("syncing", path, errno);
  return absl::OkStatus();
}

bool IsBlobName(std::string_view name) {
  if (name.empty() || name.size() > 512) return false;
  size_t begin = 0;
  while (begin <= name.size()) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    const bool letters = part.find_first_not_of(
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                             "0123456789._-") == std::string_view::npos;
    if (part.empty() || part == "." || part == ".." || !letters) return false;
    begin = end + 1;
  }
  return true;
}

class FileBlobStore final : public BlobStore {
 public:
  explicit FileBlobStore(std::string folder) : folder_(std::move(folder)) {}

  absl::Status Put(std::string_view name, std::string_view bytes) override {
    if (!IsBlobName(name)) return InvalidField("name", "must be a blob name");
    const std::string path = folder_ + "/" + std::string(name);
    const std::string parent = fs::path(path).parent_path().string();
    KEFU_RETURN_IF_ERROR(MakeFolders(parent));
    const std::string temporary = parent + "/.new-" + NewToken();
    absl::Status status = WriteNew(temporary, bytes);
    if (status.ok()) status = Link(temporary, path, name, bytes);
    unlink(temporary.c_str());  // left behind it would only waste space
    KEFU_RETURN_IF_ERROR(status);
    KEFU_RETURN_IF_ERROR(SyncFolder(parent));
    return VerifySame(name, bytes);
  }

  absl::StatusOr<std::string> Get(std::string_view name) override {
    if (!IsBlobName(name)) return InvalidField("name", "must be a blob name");
    const std::string path = folder_ + "/" + std::string(name);
    const File file(path, O_RDONLY);
    if (!file.ok() && errno == ENOENT) {
      return Error(absl::StatusCode::kNotFound, "NO_SUCH_BLOB",
                   "There is no blob " + std::string(name) + ".");
    }
    if (!file.ok()) return Failed("opening", path, errno);
    std::string content;
    char buffer[65536];
    for (;;) {
      const ssize_t got = read(file.fd(), buffer, sizeof(buffer));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Failed("reading", path, errno);
      if (got == 0) break;
      content.append(buffer, static_cast<size_t>(got));
    }
    const std::string_view view = content;
    if (view.size() < kHeaderSize || view.substr(0, 4) != kMagic) return Damaged(name);
    const std::string_view bytes = view.substr(kHeaderSize);
    if (LittleEndian(view.substr(8, 8)) != bytes.size() ||
        LittleEndian(view.substr(4, 4)) != Crc32c(bytes)) {
      return Damaged(name);
    }
    return std::string(bytes);
  }

  absl::Status Delete(std::string_view name) override {
    if (!IsBlobName(name)) return InvalidField("name", "must be a blob name");
    const std::string path = folder_ + "/" + std::string(name);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return Failed("deleting", path, errno);
    return absl::OkStatus();
  }

 private:
  // Makes what is missing from the outside in, and syncs each folder that got a new one.
  absl::Status MakeFolders(const std::string& path) {
    if (path.empty() || mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) {
      return path.empty() ? absl::OkStatus() : SyncFolder(ParentOf(path));
    }
    if (errno != ENOENT) return Failed("making folder", path, errno);
    KEFU_RETURN_IF_ERROR(MakeFolders(ParentOf(path)));
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
      return Failed("making folder", path, errno);
    return SyncFolder(ParentOf(path));
  }

  static std::string ParentOf(const std::string& path) {
    const std::string parent = fs::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
  }

  static absl::Status WriteNew(const std::string& path, std::string_view bytes) {
    std::string header(kMagic);
    AppendLittleEndian(&header, Crc32c(bytes), 4);
    AppendLittleEndian(&header, bytes.size(), 8);
    const File file(path, O_WRONLY | O_CREAT | O_EXCL);
    if (!file.ok() || !WriteAll(file.fd(), header) || !WriteAll(file.fd(), bytes) ||
        fsync(file.fd()) != 0) {
      return Failed("writing", path, errno);
    }
    return absl::OkStatus();
  }

  absl::Status Link(const std::string& temporary, const std::string& path, std::string_view name,
                    std::string_view bytes) {
    if (link(temporary.c_str(), path.c_str()) == 0) return absl::OkStatus();
    if (errno != EEXIST) return Failed("naming", path, errno);
    return VerifySame(name, bytes);
  }

  absl::Status VerifySame(std::string_view name, std::string_view bytes) {
    const auto stored = Get(name);
    KEFU_RETURN_IF_ERROR(stored.status());
    if (*stored == bytes) return absl::OkStatus();
    return Error(absl::StatusCode::kAlreadyExists, "BLOB_EXISTS",
                 "Another blob has the name " + std::string(name) + "; a blob never changes.");
  }

  const std::string folder_;
};

}  // namespace

std::unique_ptr<BlobStore> NewFileBlobStore(std::string folder) {
  return std::make_unique<FileBlobStore>(std::move(folder));
}

}  // namespace kefu::blobs
