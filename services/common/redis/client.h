// The asynchronous Redis client.
//
// Threads: one I/O thread per Client owns the connection; Call may be used from any coroutine and
// resumes it on its own executor. Commands that are queued together go out in one write
// (pipelining), which with `appendfsync always` makes them share one fsync. Errors: UNAVAILABLE,
// reason STORE_UNAVAILABLE: not sent, safe to retry. UNAVAILABLE, reason OUTCOME_UNKNOWN: the
// connection broke or the deadline passed after sending; retry only what is idempotent by a request
// id. INTERNAL, reason STORE_ERROR: Redis refused the command. A connection is never used again
// after an error on it.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/task.h"
#include "services/common/redis/value.h"

namespace kefu::redis {

// Program, then arguments.
using Command = std::vector<std::string>;

struct Endpoint {
  // "unix:/path/redis.sock" or "host:port".
  std::string address;
  // Empty: no AUTH.
  std::string user;
  std::string password;
};

class Client {
 public:
  using Callback = std::function<void(absl::StatusOr<Value>)>;

  // Starts connecting in the background and keeps reconnecting.
  explicit Client(Endpoint endpoint);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // `timeout_ms` counts from now.
  Task<absl::StatusOr<Value>> Call(Command command, int64_t timeout_ms = kDefaultTimeoutMs);

  // As Call; `done` runs on the I/O thread and must not block. This is where what was committed
  // gets published without another change of thread.
  void Send(Command command, int64_t timeout_ms, Callback done);

  // Connected and answering.
  bool connected() const;

  static constexpr int64_t kDefaultTimeoutMs = 3000;

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace kefu::redis
