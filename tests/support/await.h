// Runs a coroutine to its end on the test's own thread, and gives its result.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <optional>
#include <utility>

#include "services/common/base/async.h"

namespace kefu::test {

template <class T>
T Await(Task<T> task) {
  boost::asio::io_context context;
  // The coroutine may wait for another thread, with nothing to do here meanwhile.
  auto guard = boost::asio::make_work_guard(context);
  std::optional<T> result;
  const auto run = [](Task<T> inner, std::optional<T>& out, auto& work) -> Task<> {
    out = co_await std::move(inner);
    work.reset();
  };
  Spawn(context.get_executor(), run(std::move(task), result, guard));
  context.run();
  return *std::move(result);
}

}  // namespace kefu::test
