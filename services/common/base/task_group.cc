#include "services/common/base/task_group.h"

#include <boost/asio/redirect_error.hpp>
#include <utility>

namespace kefu {

bool TaskGroup::Enter() {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return false;
  ++running_;
  return true;
}

void TaskGroup::Leave() {
  absl::MutexLock lock(&mutex_);
  --running_;
}

void TaskGroup::Spawn(Task<> task) {
  if (Enter()) kefu::Spawn(executor_, Counted(std::move(task)));
}

Task<> TaskGroup::Counted(Task<> task) {
  // Not before whoever spawned it goes on.
  co_await boost::asio::post(executor_, kAwait);
  try {
    co_await std::move(task);
  } catch (...) {
    Leave();
    throw;
  }
  Leave();
}

Task<bool> TaskGroup::Sleep(int64_t ms) {
  if (stopping_) co_return false;
  Timer timer(executor_);
  timer.expires_after(std::chrono::milliseconds(ms));
  sleeping_.insert(&timer);
  boost::system::error_code woken;
  co_await timer.async_wait(boost::asio::redirect_error(kAwait, woken));
  sleeping_.erase(&timer);
  co_return !stopping_;
}

void TaskGroup::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    // On a loop that was stopped nothing will run any more: it destroys what is left.
    if (running_ == 0 || executor_.context().stopped()) return;
    // One more, so that what wakes the sleepers is waited for, too.
    ++running_;
  }
  boost::asio::post(executor_, [this] {
    for (Timer* timer : sleeping_) timer->cancel();
    Leave();
  });
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](int64_t* running) { return *running == 0; }, &running_));
}

}  // namespace kefu
