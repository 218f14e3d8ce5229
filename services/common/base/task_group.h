// The coroutines of an object that works by itself: none of them outlives it.
//
//   class Upkeep {
//     void Start() { tasks_.Spawn(Run()); }
//     void Stop() { tasks_.Stop(); }
//     Task<> Run() {
//       bool goes_on = true;
//       while (goes_on) {
//         co_await Sweep();
//         goes_on = co_await tasks_.Sleep(1000);
//       }
//     }
//     TaskGroup tasks_;
//   };
//
// Threads: all coroutines run on one executor. Spawn and stopping from any thread, Sleep in a
// coroutine on the executor, Stop from any other thread while the executor runs (it waits for
// nothing if the executor was stopped already).
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "services/common/base/async.h"

namespace kefu {

class TaskGroup {
 public:
  explicit TaskGroup(Executor executor) : executor_(executor) {}
  // Stopped before, or never used.
  ~TaskGroup() = default;
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  Executor executor() const { return executor_; }
  // Once stopping, the coroutine is dropped without being started.
  void Spawn(Task<> task);
  // Runs a coroutine of the group for one on any executor; `stopped` is the answer once stopping.
  // What it throws, it throws there.
  template <class T>
  Task<T> Run(Task<T> task, T stopped) {
    if (!Enter()) co_return stopped;
    Task<T> counted = Counted(std::move(task));
    co_return co_await boost::asio::co_spawn(executor_, std::move(counted), kAwait);
  }
  // False: the group stops, do not go on.
  Task<bool> Sleep(int64_t ms);
  bool stopping() const { return stopping_; }
  // Wakes those that sleep and waits until all have ended. May be repeated.
  void Stop();

 private:
  bool Enter();
  void Leave();
  template <class T>
  Task<T> Counted(Task<T> task) {
    std::optional<T> result;
    try {
      result.emplace(co_await std::move(task));
    } catch (...) {
      Leave();
      throw;
    }
    Leave();
    co_return *std::move(result);
  }
  Task<> Counted(Task<> task);

  const Executor executor_;
  std::atomic<bool> stopping_{false};
  // On the executor only.
  std::set<Timer*> sleeping_;
  absl::Mutex mutex_;
  int64_t running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kefu
