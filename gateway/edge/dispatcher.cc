#include "gateway/edge/dispatcher.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "gateway/edge/admission.h"
#include "gateway/edge/gone_signal.h"
#include "gateway/edge/within.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway {
namespace {

// What a stream without a deadline gets as one; handlers of streams give each outgoing call its
// own.
constexpr int64_t kUnboundedMs = 365LL * 24 * 3600 * 1000;
// How long the rules may take before a stream's handler runs.
constexpr int64_t kStreamAdmissionMs = 3000;

absl::Status DeadlineExceeded() {
  return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
               "The call took longer than allowed. A write may have taken effect: retry it with "
               "the same request id.");
}

absl::Status HandlerFailed(const Method& method, const Trace& trace, const char* what) {
  log::Error("handler threw", {{"method", method.path}, {"what", what}}, &trace);
  return Error(absl::StatusCode::kInternal, "HANDLER_FAILED",
               "The gateway failed; report this with the request id of the answer.");
}

// The handler's end of a stream: the front's, cut off at the deadline.
class BoundedStream final : public StreamWriter {
 public:
  BoundedStream(ServerStream& stream, Executor executor, int64_t deadline_ms)
      : stream_(stream),
        deadline_ms_(deadline_ms),
        timer_(executor),
        signal_(std::make_shared<GoneSignal>(executor)) {
    stream_.OnGone([signal = signal_] { signal->Fire(); });
    const int64_t remaining_ms = deadline_ms - MonotonicMs();
    // A stream that may last for months needs no timer.
    if (remaining_ms > kUnboundedMs / 2) return;
    timer_.expires_after(std::chrono::milliseconds(remaining_ms));
    timer_.async_wait([signal = signal_](boost::system::error_code error) {
      if (!error) signal->Fire();
    });
  }
  ~BoundedStream() override {
    stream_.OnGone(nullptr);
    signal_->Set(nullptr);
  }

  Task<absl::Status> Write(std::vector<MessagePtr> frames) override {
    if (expired()) co_return DeadlineExceeded();
    co_return co_await stream_.Write(std::move(frames));
  }
  void OnGone(std::function<void()> callback) override { signal_->Set(std::move(callback)); }
  bool expired() const { return MonotonicMs() >= deadline_ms_; }

 private:
  ServerStream& stream_;
  const int64_t deadline_ms_;
  Timer timer_;
  // Shared with the timer and the front, which may fire after this is gone.
  std::shared_ptr<GoneSignal> signal_;
};

bool IsOurFault(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kDataLoss;
}

Trace TraceOf(const Call& call) {
  Trace trace;
  trace.traceparent = call.traceparent;
  return trace;
}

int64_t DeadlineOf(const Method& method, const Call& call) {
  return MonotonicMs() + AllowedMs(method, call.timeout_ms).value_or(kUnboundedMs);
}

}  // namespace

Dispatcher::Dispatcher(const DispatcherDeps& deps)
    : deps_(deps), metrics_(deps.metrics, deps.registry) {}

const Method* Dispatcher::Find(std::string_view path) const {
  const Method* method = deps_.registry.Find(path);
  return method != nullptr && method->policy.roles_size() > 0 ? method : nullptr;
}

uint64_t Dispatcher::BodyLimit(std::string_view path, uint64_t usual) const {
  const Method* method = Find(path);
  return method == nullptr ? usual : std::max(usual, method->max_body_bytes);
}

uint64_t Dispatcher::LargestBody(uint64_t usual) const {
  return std::max(usual, deps_.registry.LargestBody());
}

absl::Status Dispatcher::MethodUnknown(std::string_view path) {
  // The path is the caller's own text: bounded, lest it fill the answer.
  return Error(absl::StatusCode::kUnimplemented, "METHOD_UNKNOWN",
               "There is no method " + std::string(path.substr(0, 200)) +
                   "; see the protos for those there are.");
}

absl::StatusOr<Shedder::Ticket> Dispatcher::Shed(const Method& method) {
  absl::StatusOr<Shedder::Ticket> ticket = deps_.shedder.Admit(method.policy.level());
  if (!ticket.ok()) metrics_.CountShed();
  return ticket;
}

Task<absl::StatusOr<MessagePtr>> Dispatcher::Unary(CallPtr call) {
  const int64_t began_us = MonotonicUs();
  const Method* method = Find(call->path);
  if (method == nullptr || !method->unary) {
    metrics_.CountUnknown();
    co_return MethodUnknown(call->path);
  }
  const Trace trace = TraceOf(*call);
  absl::StatusOr<Shedder::Ticket> ticket = Shed(*method);
  if (!ticket.ok()) {
    Report(*method, trace, ticket.status(), began_us);
    co_return ticket.status();
  }
  const int64_t deadline_ms = DeadlineOf(*method, *call);
  Task<absl::StatusOr<MessagePtr>> task =
      RunUnary(*method, std::move(call), deadline_ms, std::move(*ticket));
  std::optional<absl::StatusOr<MessagePtr>> outcome =
      co_await Within<absl::StatusOr<MessagePtr>>(deadline_ms, std::move(task));
  if (!outcome) outcome.emplace(DeadlineExceeded());
  Report(*method, trace, outcome->status(), began_us);
  co_return std::move(*outcome);
}

Task<absl::StatusOr<MessagePtr>> Dispatcher::RunUnary(const Method& method, CallPtr call,
                                                      int64_t deadline_ms, Shedder::Ticket ticket) {
  // Held here, so that a handler that outlives its deadline still counts as load.
  const Shedder::Ticket held = std::move(ticket);
  const Trace trace = TraceOf(*call);
  try {
    absl::StatusOr<AdmittedPtr> admitted = co_await Admit(method, std::move(call), deadline_ms);
    if (!admitted.ok()) co_return admitted.status();
    Admitted& ready = **admitted;
    co_return co_await method.unary(std::move(ready.context), std::move(ready.request));
  } catch (const std::exception& error) {
    co_return HandlerFailed(method, trace, error.what());
  }
}

Task<absl::Status> Dispatcher::Stream(CallPtr call, ServerStream& stream) {
  const int64_t began_us = MonotonicUs();
  const Method* method = Find(call->path);
  if (method == nullptr || !method->stream) {
    metrics_.CountUnknown();
    co_return MethodUnknown(call->path);
  }
  const Trace trace = TraceOf(*call);
  const int64_t deadline_ms = DeadlineOf(*method, *call);
  absl::StatusOr<AdmittedPtr> admitted =
      co_await AdmitStream(*method, std::move(call), deadline_ms);
  absl::Status status = admitted.status();
  if (status.ok()) {
    status = co_await RunStream(*method, std::move(*admitted), trace, stream, deadline_ms);
  }
  Report(*method, trace, status, began_us);
  co_return status;
}

Task<absl::StatusOr<Dispatcher::AdmittedPtr>> Dispatcher::AdmitStream(const Method& method,
                                                                      CallPtr call,
                                                                      int64_t deadline_ms) {
  // Given back at the end: an open stream costs memory, which connection limits bound, but no
  // work; it is not load.
  const absl::StatusOr<Shedder::Ticket> ticket = Shed(method);
  if (!ticket.ok()) co_return ticket.status();
  const int64_t by_ms = std::min(deadline_ms, MonotonicMs() + kStreamAdmissionMs);
  Task<absl::StatusOr<AdmittedPtr>> admission = Admit(method, std::move(call), deadline_ms);
  std::optional<absl::StatusOr<AdmittedPtr>> admitted =
      co_await Within<absl::StatusOr<AdmittedPtr>>(by_ms, std::move(admission));
  if (!admitted) co_return DeadlineExceeded();
  co_return std::move(*admitted);
}

Task<absl::Status> Dispatcher::RunStream(const Method& method, AdmittedPtr admitted,
                                         const Trace& trace, ServerStream& stream,
                                         int64_t deadline_ms) {
  KEFU_CO_RETURN_IF_ERROR(co_await stream.Open());
  const Executor executor = co_await boost::asio::this_coro::executor;
  BoundedStream bounded(stream, executor, deadline_ms);
  metrics_.StreamBegan();
  absl::Status status;
  try {
    Task<absl::Status> task =
        method.stream(std::move(admitted->context), std::move(admitted->request), bounded);
    admitted.reset();
    status = co_await std::move(task);
  } catch (const std::exception& error) {
    status = HandlerFailed(method, trace, error.what());
  }
  metrics_.StreamEnded();
  co_return bounded.expired() ? DeadlineExceeded() : status;
}

Task<absl::StatusOr<Dispatcher::AdmittedPtr>> Dispatcher::Admit(const Method& method, CallPtr call,
                                                                int64_t deadline_ms) {
  auto admitted = std::make_unique<Admitted>();
  CallContext& context = admitted->context;
  context.scope.trace.traceparent = std::move(call->traceparent);
  context.scope.deadline_ms = deadline_ms;
  context.peer = std::move(call->peer);

  absl::StatusOr<Caller> caller = co_await Authenticate(method, std::move(call->bearer));
  if (!caller.ok()) co_return caller.status();
  KEFU_CO_RETURN_IF_ERROR(CheckRole(method.policy, caller->role));
  KEFU_CO_RETURN_IF_ERROR(CheckScopes(method.policy, *caller));
  KEFU_CO_RETURN_IF_ERROR(deps_.rate_limiter.Check(method.policy, *caller, MonotonicMs()));
  context.caller = std::move(*caller);

  admitted->request.reset(method.request_prototype->New());
  KEFU_CO_RETURN_IF_ERROR(Decode(call->codec, call->body, admitted->request.get()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestIdOf(method, *admitted->request));
  context.scope.trace.request_id = RequestIdOf(method, *admitted->request);

  if (method.policy.audited()) {
    KEFU_CO_RETURN_IF_ERROR(co_await Audit(method, context, *admitted->request));
  }
  co_return std::move(admitted);
}

Task<absl::StatusOr<Caller>> Dispatcher::Authenticate(const Method& method, std::string bearer) {
  if (IsForAnyone(method.policy)) {
    Caller anyone;
    anyone.role = ROLE_ANYONE;
    co_return anyone;
  }
  co_return co_await deps_.authenticator.Authenticate(std::move(bearer));
}

Task<absl::Status> Dispatcher::Audit(const Method& method, CallContext context,
                                     const google::protobuf::Message& request) {
  absl::StatusOr<std::string> json = RedactedJson(request);
  if (!json.ok()) co_return json.status();
  co_return co_await deps_.auditor.Record(std::move(context), method.path, std::move(*json));
}

void Dispatcher::Report(const Method& method, const Trace& trace, const absl::Status& status,
                        int64_t began_us) {
  const int64_t took_us = MonotonicUs() - began_us;
  metrics_.Count(method, status.code(), took_us);
  const std::string code = absl::StatusCodeToString(status.code());
  const std::string reason = ErrorReason(status);
  if (IsOurFault(status.code())) {
    log::Warn("call failed",
              {{"method", method.path},
               {"code", code},
               {"reason", reason},
               {"detail", FromAbsl(status.message())},
               {"us", took_us}},
              &trace);
  } else {
    log::Debug("call",
               {{"method", method.path}, {"code", code}, {"reason", reason}, {"us", took_us}},
               &trace);
  }
}

}  // namespace kefu::gateway
