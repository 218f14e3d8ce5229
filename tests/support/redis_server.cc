#include "tests/support/redis_server.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace kefu::test {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "RedisServer: %s\n", what.c_str());
  std::abort();
}

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

std::string Output(const std::string& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) Die("cannot run " + command);
  std::string text;
  char buffer[4096];
  size_t read;
  while ((read = fread(buffer, 1, sizeof(buffer), pipe.get())) > 0) text.append(buffer, read);
  return text;
}

bool Answers(const std::string& socket) {
  std::unique_ptr<redisContext, FreeContext> context(redisConnectUnix(socket.c_str()));
  if (!context || context->err) return false;
  std::unique_ptr<redisReply, FreeReply> reply(
      static_cast<redisReply*>(redisCommand(context.get(), "PING")));
  return reply && reply->type == REDIS_REPLY_STATUS && std::string_view(reply->str) == "PONG";
}

}  // namespace

RedisServer::RedisServer() {
  char folder[] = "/tmp/kefu-redis-XXXXXX";
  if (mkdtemp(folder) == nullptr) Die("cannot make a temporary folder");
  folder_ = folder;
  Start();
}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;  // a folder left behind in /tmp harms nobody
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::Start() {
  pid_ = fork();
  if (pid_ < 0) Die("fork failed");
  if (pid_ == 0) {
    const std::string log = folder_ + "/redis.log";
    const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(file, 1);
    dup2(file, 2);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket().c_str(), "--dir",
           folder_.c_str(), "--appendonly", "yes", "--appendfsync", "always", "--save", "",
           nullptr);
    _exit(127);
  }
  for (int i = 0; i < 500; ++i) {
    if (Answers(socket())) return;
    if (waitpid(pid_, nullptr, WNOHANG) == pid_)
      Die("redis-server ended; see " + folder_ + "/redis.log");
    usleep(10'000);
  }
  Die("redis-server does not answer");
}

void RedisServer::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::LoadFunctions(std::string_view service, bool for_tests) {
  LoadLibrary(std::string(service) + (for_tests ? " --test" : ""));
}

void RedisServer::LoadFunctionsWithoutCursorCheck(std::string_view service) {
  LoadLibrary(std::string(service) + " --test --no-cursor-check");
}

void RedisServer::LoadLibrary(const std::string& arguments) {
  const std::string library = Output(std::string(KEFU_SOURCE_DIR) +
                                     "/services/common/redis/functions/assemble.sh " + arguments);
  std::unique_ptr<redisContext, FreeContext> context(redisConnectUnix(socket().c_str()));
  std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(
      redisCommand(context.get(), "FUNCTION LOAD REPLACE %b", library.data(), library.size())));
  if (!reply || reply->type == REDIS_REPLY_ERROR)
    Die("loading functions of " + arguments + ": " + (reply ? reply->str : "no answer"));
}

}  // namespace kefu::test
