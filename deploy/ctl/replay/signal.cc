#include "deploy/ctl/replay/signal.h"

#include <boost/asio/as_tuple.hpp>
#include <chrono>
#include <utility>

namespace kefu::ctl {

void Signal::Notify() {
  for (Timer* timer : waiters_) timer->cancel();
}

Task<> Signal::Wait(int64_t timeout_ms) {
  Timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(timeout_ms));
  const auto place = waiters_.insert(waiters_.end(), &timer);
  // Cancelled or run out: either way the caller looks again.
  co_await timer.async_wait(boost::asio::as_tuple(kAwait));
  waiters_.erase(place);
}

void Group::Start(Task<> task) {
  ++running_;
  Spawn(executor_, Run(this, std::move(task)));
}

Task<> Group::Run(Group* group, Task<> task) {
  co_await std::move(task);
  --group->running_;
  group->ended_.Notify();
}

Task<> Group::Join() {
  while (running_ > 0) co_await ended_.Wait(1000);
}

int64_t WallUs() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

}  // namespace kefu::ctl
