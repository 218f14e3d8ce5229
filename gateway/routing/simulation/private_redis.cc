#include "gateway/routing/simulation/private_redis.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "gateway/routing/simulation/functions_library.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

constexpr int64_t kStartMs = 10'000;
constexpr int64_t kTryMs = 100;
// Forgetting millions of records takes its time.
constexpr int64_t kClearMs = 60'000;

absl::Status CannotStart(const std::string& program, const std::string& why) {
  return Error(absl::StatusCode::kFailedPrecondition, "NO_REDIS_SERVER",
               "Cannot run " + program + ": " + why + ".");
}

std::string SocketIn(const std::string& folder) { return folder + "/redis.sock"; }

}  // namespace

Task<absl::StatusOr<std::unique_ptr<PrivateRedis>>> PrivateRedis::Start(std::string program) {
  std::error_code error;
  std::string folder = std::filesystem::temp_directory_path(error) / "kefu-simulation-XXXXXX";
  if (error || mkdtemp(folder.data()) == nullptr) {
    co_return CannotStart(program, "there is no folder for temporary files; set TMPDIR");
  }
  std::unique_ptr<PrivateRedis> server(new PrivateRedis(std::move(program), std::move(folder)));
  KEFU_CO_RETURN_IF_ERROR(server->Spawn());
  KEFU_CO_RETURN_IF_ERROR(co_await server->Prepare());
  co_return server;
}

PrivateRedis::~PrivateRedis() {
  shards_.reset();
  if (pid_ > 0 && !ended()) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;  // a folder left behind among temporary files harms nobody
  std::filesystem::remove_all(folder_, ignored);
}

bool PrivateRedis::ended() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ <= 0;
}

absl::Status PrivateRedis::Spawn() {
  if (SocketIn(folder_).size() >= sizeof(sockaddr_un{}.sun_path)) {
    return CannotStart(program_, "the path of TMPDIR is too long for a socket");
  }
  std::vector<std::string> words = {program_,
                                    "--port",
                                    "0",
                                    "--unixsocket",
                                    SocketIn(folder_),
                                    "--unixsocketperm",
                                    "700",
                                    "--dir",
                                    folder_,
                                    "--appendonly",
                                    "no",
                                    "--save",
                                    ""};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string log = folder_ + "/redis.log";
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) return CannotStart(program_, std::strerror(errno));
  if (pid_ > 0) return absl::OkStatus();
  // In the child: only what is allowed between fork and exec. It ends with whoever started it, and
  // does not hear of keys pressed in the terminal.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  setpgid(0, 0);
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(file, 1);
  dup2(file, 2);
  // Connections of whoever started it would live on here.
  close_range(3, ~0U, 0);
  execvp(argv[0], argv.data());
  _exit(127);
}

Task<absl::Status> PrivateRedis::Prepare() {
  shards_ = redis::ShardMap::Single({"unix:" + SocketIn(folder_), "", ""});
  const int64_t until_ms = MonotonicMs() + kStartMs;
  while (true) {
    redis::Command ping = {"PING"};
    const absl::Status answer = co_await Run(std::move(ping), kTryMs);
    if (answer.ok()) break;
    if (ended()) co_return CannotStart(program_, "it is not installed, or ended at once");
    if (MonotonicMs() > until_ms) co_return CannotStart(program_, "it does not answer");
  }
  redis::Command load = {"FUNCTION", "LOAD", "REPLACE", std::string(kFunctionsLibrary)};
  co_return co_await Run(std::move(load), kStartMs);
}

Task<absl::Status> PrivateRedis::Clear() {
  redis::Command flush = {"FLUSHALL"};
  co_return co_await Run(std::move(flush), kClearMs);
}

Task<absl::Status> PrivateRedis::Run(redis::Command command, int64_t timeout_ms) {
  const absl::StatusOr<redis::Value> answer =
      co_await shards_->System().Call(std::move(command), timeout_ms);
  co_return answer.status();
}

}  // namespace kefu::gateway::routing::simulation
