// A task with a time by which someone else needs its outcome.
#pragma once

#include <boost/asio/redirect_error.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/clock.h"

namespace kefu::gateway {

namespace internal {
template <class T>
struct Awaited {
  explicit Awaited(Executor executor) : timer(std::move(executor)) {}
  Timer timer;
  std::optional<T> value;
};

template <class T>
Task<> Deliver(std::shared_ptr<Awaited<T>> awaited, Task<T> task) {
  awaited->value.emplace(co_await std::move(task));
  awaited->timer.cancel();
}
}  // namespace internal

// The task's outcome, or nothing if MonotonicMs() reaches `deadline_ms` first. The task is not
// cancelled then, it runs to its end on the same executor, unheard: its effects are its own.
template <class T>
Task<std::optional<T>> Within(int64_t deadline_ms, Task<T> task) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  // Shared with the task, which may outlive this coroutine.
  auto awaited = std::make_shared<internal::Awaited<T>>(executor);
  awaited->timer.expires_after(std::chrono::milliseconds(deadline_ms - MonotonicMs()));
  Spawn(executor, internal::Deliver<T>(awaited, std::move(task)));
  if (!awaited->value) {
    boost::system::error_code ignored;  // says only whether the value or the time came first
    co_await awaited->timer.async_wait(boost::asio::redirect_error(kAwait, ignored));
  }
  co_return std::move(awaited->value);
}

}  // namespace kefu::gateway
