#include "gateway/streams/inbox.h"

#include <boost/asio/as_tuple.hpp>
#include <utility>

#include "services/common/base/clock.h"

namespace kefu::gateway::streams {

void Inbox::Push(NoticePtr notice) {
  bool first = false;
  {
    absl::MutexLock lock(&mutex_);
    if (batch_.closed) return;
    first = batch_.notices.empty() && !batch_.overflowed;
    if (batch_.notices.size() < kMaxNotices) {
      batch_.notices.push_back(std::move(notice));
    } else {
      batch_.overflowed = true;
    }
  }
  if (first) Wake();
}

void Inbox::Close(bool goodbye) {
  {
    absl::MutexLock lock(&mutex_);
    batch_.closed = true;
    batch_.goodbye = batch_.goodbye || goodbye;
  }
  Wake();
}

void Inbox::Wake() {
  boost::asio::post(executor_, [self = shared_from_this()] {
    self->woken_ = true;
    self->timer_.cancel();
  });
}

Inbox::Batch Inbox::TakeNow() {
  absl::MutexLock lock(&mutex_);
  Batch taken;
  std::swap(taken.notices, batch_.notices);
  taken.overflowed = std::exchange(batch_.overflowed, false);
  taken.closed = batch_.closed;
  taken.goodbye = batch_.goodbye;
  return taken;
}

Task<Inbox::Batch> Inbox::Take(int64_t until_ms) {
  const int64_t wait_ms = until_ms - MonotonicMs();
  if (!woken_ && wait_ms > 0) {
    timer_.expires_after(std::chrono::milliseconds(wait_ms));
    // Cancelled by Wake: that is the point of it.
    co_await timer_.async_wait(boost::asio::as_tuple(kAwait));
  }
  woken_ = false;
  co_return TakeNow();
}

}  // namespace kefu::gateway::streams
