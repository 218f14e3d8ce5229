// The event loops of a process: one io_context per thread. Coroutines stay on the loop they started
// on.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "services/common/base/task.h"

namespace kefu::server {

class IoThreads {
 public:
  explicit IoThreads(size_t count);
  // Stops and joins. What is still pending on the loops is destroyed.
  ~IoThreads();

  // Round robin. Thread-safe.
  boost::asio::io_context& NextContext();
  Executor Next() { return NextContext().get_executor(); }
  size_t size() const { return contexts_.size(); }
  boost::asio::io_context& At(size_t index) { return *contexts_[index]; }
  void Stop();

 private:
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
  std::vector<boost::asio::executor_work_guard<Executor>> guards_;
  std::vector<std::thread> threads_;
  std::atomic<size_t> next_{0};
};

}  // namespace kefu::server
