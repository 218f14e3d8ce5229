// Runs a coroutine to its end on a loop of its own, from a test's ordinary code.
#pragma once

#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/task.h"

namespace kefu::test {

template <class T>
T Await(Task<T> task) {
  boost::asio::io_context loop;
  std::optional<T> result;
  boost::asio::co_spawn(loop, std::move(task),
                        [&result](std::exception_ptr error, std::optional<T> value) {
                          if (error) std::rethrow_exception(error);
                          result = std::move(value);
                        });
  loop.run();
  return *std::move(result);
}

}  // namespace kefu::test
