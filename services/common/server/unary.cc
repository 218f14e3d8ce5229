#include "services/common/server/unary.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <string>

namespace kefu::server {
namespace {

constexpr char kTraceKey[] = "traceparent";
constexpr char kRequestIdKey[] = "kefu-request-id";
constexpr char kDetailsKey[] = "grpc-status-details-bin";
// Kept back at every hop, so that the caller still has time to answer its own caller.
constexpr int64_t kHopMs = 50;

std::string Metadata(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                     const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
}

// gRPC aborts the process on a value that is not printable ASCII.
bool IsHeaderValue(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

absl::Mutex& InFlightMutex() {
  static auto* mutex = new absl::Mutex();
  return *mutex;
}

int64_t& InFlight() {
  static int64_t calls = 0;
  return calls;
}

}  // namespace

CallInFlight::CallInFlight() {
  absl::MutexLock lock(&InFlightMutex());
  ++InFlight();
}

CallInFlight::~CallInFlight() {
  absl::MutexLock lock(&InFlightMutex());
  --InFlight();
}

bool CallInFlight::AwaitNone(int64_t bound_ms) {
  absl::MutexLock lock(&InFlightMutex());
  const auto none = [] { return InFlight() == 0; };
  return InFlightMutex().AwaitWithTimeout(absl::Condition(&none), absl::Milliseconds(bound_ms));
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      EncodeRpcStatus(status));
}

absl::Status FromGrpcStatus(const grpc::Status& status, const grpc::ClientContext& context) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  const std::string details = Metadata(context.GetServerTrailingMetadata(), kDetailsKey);
  const std::string& encoded = status.error_details().empty() ? details : status.error_details();
  absl::Status decoded = DecodeRpcStatus(code, status.error_message(), encoded);
  if (!ErrorReason(decoded).empty()) return decoded;
  // Not from a handler of ours: the connection or gRPC itself.
  if (code == absl::StatusCode::kUnavailable) {
    return Error(code, "SERVICE_UNAVAILABLE",
                 "A service is not reachable; retry with the same request_id.");
  }
  if (code == absl::StatusCode::kDeadlineExceeded) {
    return Error(code, "DEADLINE_EXCEEDED",
                 "A service did not answer in time; retry with the same request_id.");
  }
  return Error(code, "RPC_FAILED", status.error_message());
}

CallScope ScopeOf(const grpc::CallbackServerContext& context, int64_t default_ms) {
  CallScope scope;
  scope.trace.traceparent = TraceparentOrNew(Metadata(context.client_metadata(), kTraceKey));
  scope.trace.request_id = Metadata(context.client_metadata(), kRequestIdKey);
  scope.deadline_ms = MonotonicMs() + default_ms;
  if (context.deadline() != std::chrono::system_clock::time_point::max()) {
    const auto left = context.deadline() - std::chrono::system_clock::now();
    scope.deadline_ms =
        MonotonicMs() + std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
  }
  return scope;
}

int64_t PassedOnMs(const CallScope& scope) {
  const int64_t left_ms = scope.remaining_ms();
  return std::max<int64_t>(left_ms - kHopMs, left_ms / 2);
}

void Prepare(grpc::ClientContext* context, const CallScope& scope) {
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::milliseconds(PassedOnMs(scope)));
  if (IsHeaderValue(scope.trace.traceparent))
    context->AddMetadata(kTraceKey, scope.trace.traceparent);
  if (IsHeaderValue(scope.trace.request_id))
    context->AddMetadata(kRequestIdKey, scope.trace.request_id);
}

grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, Executor executor,
                                UnaryHandler handler) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  // The handler object holds what its coroutine refers to, so it lives as long.
  auto kept = std::make_shared<UnaryHandler>(std::move(handler));
  boost::asio::co_spawn(executor, (*kept)(ScopeOf(*context)),
                        [reactor, kept](std::exception_ptr error, absl::Status status) {
                          if (error) std::rethrow_exception(error);
                          reactor->Finish(ToGrpcStatus(status));
                        });
  return reactor;
}

}  // namespace kefu::server
