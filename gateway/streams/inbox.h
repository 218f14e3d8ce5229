// What waits for one stream. Filled from any thread, emptied by the stream's coroutine. Bounded:
// beyond the bound notices are dropped and the stream is told that it overflowed, so that it reads
// its gaps from the log.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <vector>

#include "gateway/streams/notice.h"
#include "services/common/base/async.h"

namespace kefu::gateway::streams {

class Inbox : public std::enable_shared_from_this<Inbox> {
 public:
  explicit Inbox(Executor executor) : executor_(executor), timer_(executor) {}

  // From any thread.
  void Push(NoticePtr notice);
  // The client is gone, or the gateway wants to go. From any thread.
  void Close(bool goodbye);

  struct Batch {
    std::vector<NoticePtr> notices;
    bool overflowed = false;
    bool closed = false;
    // Closed because the gateway goes away.
    bool goodbye = false;
  };
  // On the stream's executor: what has come, at once if anything has, else at the latest at
  // `until_ms` (MonotonicMs()).
  Task<Batch> Take(int64_t until_ms);

 private:
  static constexpr size_t kMaxNotices = 256;

  void Wake();
  Batch TakeNow();

  const Executor executor_;
  Timer timer_;
  bool woken_ = false;  // on the executor only
  absl::Mutex mutex_;
  Batch batch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::streams
