#include "deploy/ctl/connect_client.h"

#include <algorithm>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

constexpr int64_t kFirstBackoffMs = 20;
constexpr int64_t kLastBackoffMs = 1000;

HttpRequest ToHttp(const std::string& method, std::string body, const std::string& bearer,
                   bool streaming) {
  HttpRequest request;
  request.target = "/" + method;
  request.headers = {
      {"Content-Type", streaming ? "application/connect+proto" : "application/proto"},
      {"Connect-Protocol-Version", "1"},
      {"User-Agent", "kefuctl"}};
  if (!bearer.empty()) request.headers.emplace_back("Authorization", "Bearer " + bearer);
  request.body = std::move(body);
  return request;
}

bool WorthRetrying(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return true;
    case absl::StatusCode::kResourceExhausted:
      return RetryDelayMs(status) > 0;
    default:
      return false;
  }
}

}  // namespace

bool OutcomeUnknown(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable: {
      const std::string reason = ErrorReason(status);
      return reason != "GATEWAY_UNREACHABLE" && reason != "STORE_UNAVAILABLE";
    }
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

Task<absl::StatusOr<std::optional<std::string>>> FrameStream::Next(int64_t silence_ms) {
  while (true) {
    absl::StatusOr<std::optional<Envelope>> envelope = decoder_.Next();
    if (!envelope.ok()) co_return envelope.status();
    if (envelope->has_value()) {
      if (!(*envelope)->end_of_stream()) co_return std::move((*envelope)->payload);
      const absl::Status end = DecodeEndOfStream((*envelope)->payload);
      if (!end.ok()) co_return end;
      co_return std::nullopt;
    }
    absl::StatusOr<std::string> bytes = co_await stream_->Read(silence_ms);
    if (!bytes.ok()) co_return bytes.status();
    if (bytes->empty()) {
      co_return Error(
          absl::StatusCode::kUnavailable, "STREAM_BROKEN",
          "The stream ended without its last frame; subscribe again from the last token.");
    }
    decoder_.Feed(*bytes);
  }
}

ConnectClient::ConnectClient(Executor executor, std::vector<std::string> gateways, uint64_t seed)
    : executor_(executor), gateways_(std::move(gateways)), random_(seed), http_(executor) {}

const std::string& ConnectClient::NextGateway() { return gateways_[next_++ % gateways_.size()]; }

int64_t ConnectClient::BackoffMs(int retry, const absl::Status& status) {
  // Another gateway may well be there: it is asked at once.
  if (retry < static_cast<int>(gateways_.size()) && RetryDelayMs(status) == 0) return 0;
  const int64_t longest = std::min(kLastBackoffMs, kFirstBackoffMs << std::min(retry, 10));
  const int64_t jittered = std::uniform_int_distribution<int64_t>(longest / 2, longest)(random_);
  return std::max(jittered, RetryDelayMs(status));
}

Task<absl::StatusOr<std::string>> ConnectClient::Attempt(std::string address, std::string method,
                                                         std::string request, std::string bearer,
                                                         int64_t timeout_ms) {
  HttpRequest http = ToHttp(method, std::move(request), bearer, /*streaming=*/false);
  http.headers.emplace_back("Connect-Timeout-Ms", std::to_string(timeout_ms));
  // The gateway's own answer that the time is up should still arrive.
  const int64_t patience_ms = timeout_ms + 250;
  KEFU_CO_ASSIGN_OR_RETURN(HttpResponse response,
                           co_await http_.Post(std::move(address), std::move(http), patience_ms));
  if (response.status != 200) co_return DecodeConnectError(response.status, response.body);
  co_return std::move(response.body);
}

Task<absl::StatusOr<std::string>> ConnectClient::CallBytes(std::string method, std::string request,
                                                           CallOptions options, CallStats* stats) {
  const int64_t start_ms = MonotonicMs();
  const int64_t deadline_ms = start_ms + options.deadline_ms;
  const int64_t retry_until_ms = start_ms + std::min(options.deadline_ms, options.retry_ms);
  CallStats unasked;
  CallStats& counted = stats != nullptr ? *stats : unasked;
  while (true) {
    const int64_t remaining_ms = std::max<int64_t>(deadline_ms - MonotonicMs(), 1);
    const int64_t timeout_ms = std::min(options.attempt_ms, remaining_ms);
    ++counted.attempts;
    const std::string address = NextGateway();
    absl::StatusOr<std::string> body =
        co_await Attempt(address, method, request, options.bearer, timeout_ms);
    if (body.ok()) co_return body;
    counted.unknown = counted.unknown || OutcomeUnknown(body.status());
    const int64_t wait_ms = BackoffMs(counted.attempts, body.status());
    if (!WorthRetrying(body.status()) || MonotonicMs() + wait_ms >= retry_until_ms)
      co_return body.status();
    if (wait_ms > 0) co_await SleepMs(wait_ms);
  }
}

Task<absl::StatusOr<std::unique_ptr<FrameStream>>> ConnectClient::OpenStream(std::string method,
                                                                             std::string request,
                                                                             CallOptions options) {
  const std::string address = NextGateway();
  HttpRequest http = ToHttp(method, EncodeEnvelope(request), options.bearer, /*streaming=*/true);
  KEFU_CO_ASSIGN_OR_RETURN(StreamStart start, co_await http_.PostStreaming(address, std::move(http),
                                                                           options.attempt_ms));
  if (start.stream == nullptr)
    co_return DecodeConnectError(start.response.status, start.response.body);
  co_return std::make_unique<FrameStream>(std::move(start.stream));
}

}  // namespace kefu::ctl
