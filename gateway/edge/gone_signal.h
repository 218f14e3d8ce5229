// "The client is gone", told at most once to whoever wants to know.
#pragma once

#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "services/common/base/task.h"

namespace kefu::gateway {

// One executor's. Shared, because what fires it (a socket, a timer, a server that drains) and what
// listens end in no fixed order.
class GoneSignal : public std::enable_shared_from_this<GoneSignal> {
 public:
  explicit GoneSignal(Executor executor) : executor_(std::move(executor)) {}

  // The callback is posted, never called from within Set or Fire. Null forgets it.
  void Set(std::function<void()> callback) {
    callback_ = std::move(callback);
    if (fired_) PostCallback();
  }
  void Fire() {
    if (std::exchange(fired_, true)) return;
    PostCallback();
  }
  bool fired() const { return fired_; }

 private:
  void PostCallback() {
    if (!callback_) return;
    boost::asio::post(executor_, [self = shared_from_this()] {
      const auto callback = std::exchange(self->callback_, nullptr);
      if (callback) callback();
    });
  }

  Executor executor_;
  std::function<void()> callback_;
  bool fired_ = false;
};

}  // namespace kefu::gateway
