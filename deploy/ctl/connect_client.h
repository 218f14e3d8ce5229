// A client of kefu's public API: the Connect protocol over HTTP/1.1, binary, at any of several
// gateways.
//
//   ConnectClient client(executor, {"127.0.0.1:8080", "127.0.0.1:8081"});
//   absl::StatusOr<SignInResponse> signed_in =
//       co_await client.Call<SignInResponse>("kefu.gateway.v1.AuthService/SignIn", request,
//       options);
//
// A call goes to the gateways in turn. If one cannot be reached, is UNAVAILABLE or does not answer
// in time, the same bytes, hence the same request id, go to the next one after a short wait, until
// the call's deadline. An answer of RESOURCE_EXHAUSTED is tried again only if it says after how
// long.
//
// Threads: everything on the one thread that runs the executor; the client outlives its calls and
// streams.
#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/message_lite.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "deploy/ctl/connect_framing.h"
#include "deploy/ctl/http_client.h"
#include "services/common/base/task.h"

namespace kefu::ctl {

struct CallOptions {
  // Bearer token; empty for none.
  std::string bearer;
  // For the call with all its retries, and for one attempt.
  int64_t deadline_ms = 10000;
  // No retry begins later than this after the first attempt.
  int64_t retry_ms = std::numeric_limits<int64_t>::max();
  int64_t attempt_ms = 3000;
};

// What became of a call's attempts.
struct CallStats {
  int attempts = 0;
  // An attempt ended without saying whether it took effect. If the call failed in the end, it may
  // have taken effect.
  bool unknown = false;
};

// Whether the request may have taken effect although it was answered by this error.
bool OutcomeUnknown(const absl::Status& status);

// The frames of one server stream, as bytes. Destroying it ends the stream.
class FrameStream {
 public:
  explicit FrameStream(std::unique_ptr<HttpStream> stream) : stream_(std::move(stream)) {}

  // The next frame; nothing at the regular end. The stream's error, or UNAVAILABLE if it broke or
  // was silent too long.
  Task<absl::StatusOr<std::optional<std::string>>> Next(int64_t silence_ms);
  void Close() { stream_->Close(); }

 private:
  std::unique_ptr<HttpStream> stream_;
  EnvelopeDecoder decoder_;
};

template <class Frame>
class ServerStream {
 public:
  // Gateways send a heartbeat every 15 s.
  static constexpr int64_t kSilenceMs = 45000;

  explicit ServerStream(std::unique_ptr<FrameStream> frames) : frames_(std::move(frames)) {}

  Task<absl::StatusOr<std::optional<Frame>>> Next(int64_t silence_ms = kSilenceMs) {
    absl::StatusOr<std::optional<std::string>> bytes = co_await frames_->Next(silence_ms);
    if (!bytes.ok()) co_return bytes.status();
    if (!bytes->has_value()) co_return std::nullopt;
    Frame frame;
    if (!frame.ParseFromString(**bytes))
      co_return absl::InternalError("A frame of the stream is not of its type.");
    co_return std::optional<Frame>(std::move(frame));
  }
  void Close() { frames_->Close(); }

 private:
  std::unique_ptr<FrameStream> frames_;
};

class ConnectClient {
 public:
  // At least one address, each "host:port". `seed` makes the jitter of retries repeatable.
  ConnectClient(Executor executor, std::vector<std::string> gateways, uint64_t seed = 1);

  template <class Response, class Request>
  Task<absl::StatusOr<Response>> Call(std::string method, Request request, CallOptions options,
                                      CallStats* stats = nullptr) {
    absl::StatusOr<std::string> body = co_await CallBytes(
        std::move(method), request.SerializeAsString(), std::move(options), stats);
    if (!body.ok()) co_return body.status();
    Response response;
    if (!response.ParseFromString(*body))
      co_return absl::InternalError("The answer is not of its type.");
    co_return response;
  }

  // One attempt, at the next gateway in turn: reconnecting is the caller's, who knows where to
  // resume.
  template <class Frame, class Request>
  Task<absl::StatusOr<ServerStream<Frame>>> Subscribe(std::string method, Request request,
                                                      CallOptions options) {
    absl::StatusOr<std::unique_ptr<FrameStream>> frames =
        co_await OpenStream(std::move(method), request.SerializeAsString(), std::move(options));
    if (!frames.ok()) co_return frames.status();
    co_return ServerStream<Frame>(std::move(*frames));
  }

  // As Call and Subscribe, with serialised messages.
  Task<absl::StatusOr<std::string>> CallBytes(std::string method, std::string request,
                                              CallOptions options, CallStats* stats);
  Task<absl::StatusOr<std::unique_ptr<FrameStream>>> OpenStream(std::string method,
                                                                std::string request,
                                                                CallOptions options);

  Executor executor() const { return executor_; }

 private:
  const std::string& NextGateway();
  Task<absl::StatusOr<std::string>> Attempt(std::string address, std::string method,
                                            std::string request, std::string bearer,
                                            int64_t timeout_ms);
  // Before the n-th retry.
  int64_t BackoffMs(int retry, const absl::Status& status);

  Executor executor_;
  const std::vector<std::string> gateways_;
  size_t next_ = 0;
  std::mt19937_64 random_;
  HttpClient http_;
};

}  // namespace kefu::ctl
