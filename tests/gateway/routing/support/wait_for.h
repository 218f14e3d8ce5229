// Runs a coroutine to its end, for tests that are not coroutines themselves.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

#include "services/common/base/task.h"

namespace kefu::test {

template <class T>
T WaitFor(Task<T> task) {
  boost::asio::io_context loop;
  auto guard = boost::asio::make_work_guard(loop);
  T result;
  boost::asio::co_spawn(loop.get_executor(), std::move(task),
                        [&](std::exception_ptr error, T value) {
                          if (error) std::rethrow_exception(error);
                          result = std::move(value);
                          loop.stop();
                        });
  loop.run();
  return result;
}

}  // namespace kefu::test
