// One connection to one Redis primary and the thread that owns it; the inside of Client.
//
// Threads: Send from any thread; everything else on the I/O thread. The queue between them is
// swapped as a whole, and the eventfd is written only when the queue was empty, so that a burst
// costs one wake-up.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include "services/common/redis/client.h"

struct redisAsyncContext;

namespace kefu::redis {

class Client::Connection {
 public:
  explicit Connection(Endpoint endpoint);
  ~Connection();

  void Send(Command command, int64_t deadline_ms, Callback done);
  bool connected() const { return state_ == State::kReady; }

 private:
  enum class State { kDown, kConnecting, kReady };
  struct Request {
    Command command;
    int64_t deadline_ms;
    Callback done;
  };

  void Loop();
  void TakeQueue();
  void FlushWaiting();
  // Writes what was submitted; watches the socket only for the rest.
  void Flush();
  void Submit(Request request);
  void Connect();
  void OnConnected(bool connected);
  void OnReply(void* reply);
  void OnDown();
  // Frees the context: every request in flight learns that its outcome is unknown.
  void Break();
  void ExpireOverdue();
  // A host that is off neither takes nor refuses a connection, and the kernel waits for minutes.
  void ExpireConnecting();
  int64_t NextWakeMs() const;
  void Watch(uint32_t events);
  void Fail(Request request, const char* reason, const char* message);

  struct Hooks;  // hiredis' C callbacks

  const Endpoint endpoint_;
  absl::Mutex mutex_;
  std::vector<Request> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  int epoll_ = -1;
  int wake_ = -1;
  std::atomic<State> state_{State::kDown};
  redisAsyncContext* context_ = nullptr;
  int watched_socket_ = -1;
  uint32_t watched_events_ = 0;
  // hiredis has something to write, or waits for the connection.
  bool wants_write_ = false;
  bool stop_seen_ = false;
  std::deque<Request> waiting_;    // not sent yet: no connection
  std::deque<Request> in_flight_;  // in the order of their answers
  int64_t reconnect_at_ms_ = 0;
  // While connecting: when to give that up.
  int64_t connect_by_ms_ = 0;
  int64_t backoff_ms_ = 0;
  std::thread thread_;
};

}  // namespace kefu::redis
