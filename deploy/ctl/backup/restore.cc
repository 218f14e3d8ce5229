#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "deploy/ctl/backup/backup.h"
#include "deploy/ctl/backup/database.h"
#include "deploy/ctl/backup/redis_admin.h"
#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"

extern char** environ;

namespace kefu::ctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDumpName = "kefu-restore.rdb";

// redis-server changes into its data folder, which the system shows. Servers of other users are
// seen by root only.
std::optional<pid_t> ServerIn(const fs::path& folder) {
  std::error_code error;
  for (const auto& process : fs::directory_iterator("/proc", error)) {
    const std::string pid = process.path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const fs::path program = fs::read_symlink(process.path() / "exe", error).filename();
    if (error || program.string().rfind("redis-", 0) != 0) continue;
    if (fs::equivalent(process.path() / "cwd", folder, error) && !error) return std::stoi(pid);
  }
  return std::nullopt;
}

absl::Status CannotMove(const fs::path& what, const std::error_code& error) {
  return Error(absl::StatusCode::kFailedPrecondition, "FILE_ERROR",
               fmt::format("Cannot move {} aside: {}.", what.string(), error.message()));
}

// Redis's own files, which would hide the restored ones, go into a folder beside them; nothing is
// ever deleted, and what else lies there stays.
absl::Status MoveDataAside(const RestoreOptions& options, const std::string& stamp) {
  const fs::path data = options.data;
  std::error_code error;
  fs::create_directories(data, error);
  if (error) return CannotMove(data, error);
  const fs::path aside = data / ("replaced-" + stamp);
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(data)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = entry.path().extension() == ".rdb" || name == options.append_filename ||
                         name == options.append_dirname;
    if (is_ours) old.push_back(entry.path());
  }
  if (!old.empty()) fs::create_directories(aside, error);
  for (const fs::path& path : old) {
    if (!error) fs::rename(path, aside / path.filename(), error);
    if (error) return CannotMove(path, error);
  }
  return absl::OkStatus();
}

// The blobs go aside whole.
absl::Status MoveBlobsAside(const fs::path& folder, const std::string& stamp) {
  std::error_code error;
  const bool holds_some = fs::exists(folder) && !fs::is_empty(folder, error);
  if (holds_some) fs::rename(folder, folder.string() + ".replaced-" + stamp, error);
  return error ? CannotMove(folder, error) : absl::OkStatus();
}

// A server of our own on the restored data, reachable by a socket in the folder only.
class PrivateServer {
 public:
  static absl::StatusOr<std::unique_ptr<PrivateServer>> Start(const RestoreOptions& options) {
    const fs::path data = fs::absolute(options.data);
    std::vector<std::string> arguments = {options.redis_server,
                                          "--port",
                                          "0",
                                          "--unixsocket",
                                          (data / "kefu-restore.sock").string(),
                                          "--unixsocketperm",
                                          "700",
                                          "--dir",
                                          data.string(),
                                          "--dbfilename",
                                          kDumpName,
                                          "--appendonly",
                                          "no",
                                          "--appendfsync",
                                          "always",
                                          "--appenddirname",
                                          options.append_dirname,
                                          "--appendfilename",
                                          options.append_filename,
                                          "--save",
                                          "",
                                          "--logfile",
                                          (data / "kefu-restore.log").string()};
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ);
    if (error != 0) {
      return Error(absl::StatusCode::kFailedPrecondition, "NO_REDIS_SERVER",
                   fmt::format("Cannot run {}: {}.", options.redis_server, std::strerror(error)));
    }
    return std::unique_ptr<PrivateServer>(new PrivateServer(pid, data));
  }

  ~PrivateServer() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  std::string address() const { return "unix:" + (data_ / "kefu-restore.sock").string(); }

  // Until the process has ended; its exit code, or nothing if it takes too long.
  Task<std::optional<int>> Ended(int64_t timeout_ms) {
    const int64_t deadline_ms = MonotonicMs() + timeout_ms;
    do {
      int state = 0;
      if (::waitpid(pid_, &state, WNOHANG) == pid_) {
        pid_ = -1;
        co_return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
      }
      co_await SleepMs(20);
    } while (MonotonicMs() < deadline_ms);
    co_return std::nullopt;
  }

 private:
  PrivateServer(pid_t pid, fs::path data) : pid_(pid), data_(std::move(data)) {}
  pid_t pid_;
  const fs::path data_;
};

absl::Status CheckLoaded(const Manifest& backup, const Manifest& loaded) {
  // Keys may expire between backup and restore, but none may come.
  if (loaded.libraries.size() == backup.libraries.size() && loaded.keys <= backup.keys &&
      (loaded.keys > 0 || backup.keys == 0)) {
    return absl::OkStatus();
  }
  return Error(
      absl::StatusCode::kDataLoss, "RESTORE_DIFFERS",
      fmt::format("The backup had {} keys and {} libraries, the restored store has {} and {}.",
                  backup.keys, backup.libraries.size(), loaded.keys, loaded.libraries.size()));
}

Task<absl::Status> WriteAof(RestoreOptions options, Manifest backup) {
  KEFU_CO_ASSIGN_OR_RETURN(std::unique_ptr<PrivateServer> server, PrivateServer::Start(options));
  {
    redis::Endpoint endpoint;
    endpoint.address = server->address();
    redis::Client client(endpoint);
    const absl::Status ready = co_await AwaitReady(&client, options.timeout_ms);
    if (!ready.ok()) {
      co_return Error(
          absl::StatusCode::kFailedPrecondition, "LOAD_FAILED",
          "redis-server does not load the backup; kefu-restore.log in the data folder says why.");
    }
    KEFU_CO_ASSIGN_OR_RETURN(const Manifest loaded, co_await Describe(&client));
    KEFU_CO_RETURN_IF_ERROR(CheckLoaded(backup, loaded));
    KEFU_CO_RETURN_IF_ERROR(co_await SwitchAofOn(&client, options.timeout_ms));
    redis::Command stop = {"SHUTDOWN", "NOSAVE"};
    // Its answer is that the connection breaks; what counts is the exit code.
    static_cast<void>(co_await client.Call(std::move(stop)));
  }
  const std::optional<int> code = co_await server->Ended(options.timeout_ms);
  if (code == 0) co_return absl::OkStatus();
  co_return Error(
      absl::StatusCode::kFailedPrecondition, "LOAD_FAILED",
      "The redis-server that wrote the append-only file did not end well; see kefu-restore.log.");
}

}  // namespace

Task<absl::StatusOr<Manifest>> Restore(RestoreOptions options) {
  KEFU_CO_ASSIGN_OR_RETURN(Manifest manifest, VerifyBackup(options.from));
  const bool has_blobs = Holds(manifest, kBlobsPrefix);
  if (has_blobs && options.blobs.empty()) {
    co_return InvalidField("blobs", "The backup holds blobs; say where they go.");
  }
  const bool has_records = Holds(manifest, kRecordsName);
  if (has_records && options.records.empty()) {
    co_return InvalidField("records",
                           "The backup holds the database of records; say where it goes.");
  }
  const fs::path data = options.data;
  const std::optional<pid_t> running = ServerIn(data);
  if (running.has_value()) {
    co_return Error(absl::StatusCode::kFailedPrecondition, "REDIS_RUNNING",
                    fmt::format("A Redis server (process {}) works in {}; stop it first.", *running,
                                data.string()));
  }
  const std::string stamp = absl::FormatTime("%Y%m%dT%H%M%SZ", absl::Now(), absl::UTCTimeZone());
  KEFU_CO_RETURN_IF_ERROR(MoveDataAside(options, stamp));
  const fs::path dump = data / kDumpName;
  KEFU_CO_RETURN_IF_ERROR(CopyFile(fs::path(options.from) / "redis/dump.rdb", dump, kDumpName));
  if (has_blobs) {
    KEFU_CO_RETURN_IF_ERROR(MoveBlobsAside(options.blobs, stamp));
    KEFU_CO_RETURN_IF_ERROR(
        CopyTree(fs::path(options.from) / "blobs", options.blobs, kBlobsPrefix));
  }
  if (has_records) {
    KEFU_CO_RETURN_IF_ERROR(MoveDatabaseAside(options.records, stamp));
    KEFU_CO_RETURN_IF_ERROR(
        CopyFile(fs::path(options.from) / kRecordsName, options.records, kRecordsName));
  }
  KEFU_CO_RETURN_IF_ERROR(co_await WriteAof(options, manifest));
  std::error_code ignored;  // Left-overs do no harm.
  fs::remove(dump, ignored);
  fs::remove(data / "kefu-restore.log", ignored);
  co_return manifest;
}

}  // namespace kefu::ctl
