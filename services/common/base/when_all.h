// Several tasks beside each other.
#pragma once

#include <boost/asio/redirect_error.hpp>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "services/common/base/async.h"

namespace kefu {

namespace internal {
struct Countdown {
  Countdown(Executor executor, size_t tasks) : left(tasks), timer(executor) {
    timer.expires_at(Timer::time_point::max());
  }
  size_t left;
  Timer timer;
};

inline Task<> CountDown(std::shared_ptr<Countdown> countdown, Task<> task) {
  co_await std::move(task);
  if (--countdown->left == 0) countdown->timer.cancel();
}
}  // namespace internal

// Runs the tasks on the caller's executor; returns when all of them have ended, so that they may
// refer to what the caller holds. An exception in one is a bug and ends the process.
inline Task<> WhenAll(std::vector<Task<>> tasks) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  // Shared, because the last task cancels the timer while this coroutine may be waking already.
  auto countdown = std::make_shared<internal::Countdown>(executor, tasks.size());
  for (Task<>& task : tasks) Spawn(executor, internal::CountDown(countdown, std::move(task)));
  if (countdown->left == 0) co_return;
  boost::system::error_code ignored;  // says only that the timer was cancelled
  co_await countdown->timer.async_wait(boost::asio::redirect_error(kAwait, ignored));
}

}  // namespace kefu
