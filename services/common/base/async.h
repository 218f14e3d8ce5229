// Joining callback code and coroutines.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "services/common/base/task.h"

namespace kefu {

inline constexpr boost::asio::use_awaitable_t<Executor> kAwait;

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Waits for a value that `start` delivers by calling its argument once, from any thread; the
// coroutine resumes on its own executor.
//
//   Value value = co_await AwaitCallback<Value>([&](std::function<void(Value)> done) {
//   client.Send(command, done); });
template <class T, class Start>
Task<T> AwaitCallback(Start start) {
  auto executor = co_await boost::asio::this_coro::executor;
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>,
                                                 void(T)>(
      [&start, executor](auto handler) {
        // Shared, because std::function wants to copy what asio's handler does not allow to be
        // copied.
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        start([shared, executor](T value) {
          boost::asio::post(executor, [shared, value = std::move(value)]() mutable {
            auto resume = std::move(*shared);
            resume(std::move(value));
          });
        });
      },
      kAwait);
}

inline Task<> SleepMs(int64_t ms) {
  Timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(ms));
  co_await timer.async_wait(kAwait);
}

// Starts a coroutine that nobody waits for. An exception in it is a bug and ends the process.
inline void Spawn(Executor executor, Task<> task) {
  boost::asio::co_spawn(executor, std::move(task), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
}

}  // namespace kefu
