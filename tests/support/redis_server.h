// A private Redis server for one test: unix socket and data in a temporary folder, AOF always; gone
// with the object.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace kefu::test {

class RedisServer {
 public:
  // Starts it and waits until it answers; ends the process with a message if it cannot.
  RedisServer();
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // Loads the function library of a service: the one for tests, which honours `now_ms`, unless told
  // otherwise.
  void LoadFunctions(std::string_view service, bool for_tests = true);
  // The library for tests in which cursors move from wherever they stand: what it breaks shows what
  // the check is good for.
  void LoadFunctionsWithoutCursorCheck(std::string_view service);

  // "unix:/…/redis.sock"
  std::string address() const { return "unix:" + socket(); }
  std::string socket() const { return folder_ + "/redis.sock"; }
  const std::string& folder() const { return folder_; }

  // SIGKILL, and a new start on the same data.
  void Kill();
  void Start();

 private:
  void LoadLibrary(const std::string& arguments);

  std::string folder_;
  pid_t pid_ = -1;
};

}  // namespace kefu::test
