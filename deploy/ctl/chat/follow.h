// Keeps a live stream alive for a terminal chat: subscribes, hands over the frames, comes back with
// back-off.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "deploy/ctl/connect_client.h"
#include "services/common/base/async.h"
#include "services/common/base/status.h"

namespace kefu::ctl {

// A server stream with someone who may want to end it. One thread.
template <class Frame, class Request>
class Follower {
 public:
  struct Callbacks {
    // The request to (re)subscribe with.
    std::function<Request()> request;
    std::function<void(const Frame&)> frame;
    // The stream was lost and will be tried again.
    std::function<void(const absl::Status&)> lost;
  };

  Follower(ConnectClient& client, std::string method, std::string token, Callbacks callbacks)
      : client_(client),
        method_(std::move(method)),
        token_(std::move(token)),
        callbacks_(std::move(callbacks)) {}

  // Until Stop, or an error that a new attempt will not mend.
  Task<absl::Status> Run() {
    int failures = 0;
    while (!stopped_) {
      const absl::Status status = co_await RunOnce(&failures);
      if (stopped_) break;
      if (Final(status)) co_return status;
      callbacks_.lost(status);
      const int64_t wait_ms = std::min<int64_t>(2000, int64_t{50} << std::min(failures++, 8));
      co_await SleepMs(wait_ms);
    }
    co_return absl::OkStatus();
  }

  void Stop() {
    stopped_ = true;
    if (stream_ != nullptr) stream_->Close();
  }

 private:
  static bool Final(const absl::Status& status) {
    return status.code() == absl::StatusCode::kUnauthenticated ||
           status.code() == absl::StatusCode::kPermissionDenied ||
           status.code() == absl::StatusCode::kInvalidArgument ||
           status.code() == absl::StatusCode::kUnimplemented;
  }

  Task<absl::Status> RunOnce(int* failures) {
    CallOptions options;
    options.bearer = token_;
    absl::StatusOr<ServerStream<Frame>> stream =
        co_await client_.Subscribe<Frame>(method_, callbacks_.request(), std::move(options));
    if (!stream.ok()) co_return stream.status();
    stream_ = &*stream;
    absl::Status status;
    while (!stopped_) {
      absl::StatusOr<std::optional<Frame>> frame = co_await stream->Next();
      status = frame.status();
      if (!frame.ok() || !frame->has_value()) break;
      *failures = 0;
      callbacks_.frame(**frame);
      if ((*frame)->has_goodbye()) break;
    }
    stream_ = nullptr;
    co_return status;
  }

  ConnectClient& client_;
  const std::string method_;
  const std::string token_;
  const Callbacks callbacks_;
  ServerStream<Frame>* stream_ = nullptr;
  bool stopped_ = false;
};

}  // namespace kefu::ctl
