// Waiting inside one event loop: for a change, and for the end of coroutines. Nothing here is
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>

#include "services/common/base/async.h"
#include "services/common/base/task.h"

namespace kefu::ctl {

// Something may have changed: waiters look again. Outlives its waiters.
class Signal {
 public:
  void Notify();
  // Until the next Notify, at most `timeout_ms`.
  Task<> Wait(int64_t timeout_ms);

 private:
  std::list<Timer*> waiters_;
};

// Coroutines that were started and must end before what they use goes.
class Group {
 public:
  explicit Group(Executor executor) : executor_(executor) {}
  void Start(Task<> task);
  size_t running() const { return running_; }
  // Until none is running.
  Task<> Join();

 private:
  static Task<> Run(Group* group, Task<> task);

  Executor executor_;
  size_t running_ = 0;
  Signal ended_;
};

// Microseconds since 1970.
int64_t WallUs();

}  // namespace kefu::ctl
