// gRPC callback API on both sides, as coroutines.
//
// Server: a service method starts its coroutine and returns; the status goes out when it ends.
//   grpc::ServerUnaryReactor* Append(grpc::CallbackServerContext* context, const AppendRequest*
//   request,
//                                    AppendResponse* response) override {
//     return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) ->
//     Task<absl::Status> {
//       co_return co_await conversations_.Append(scope, *request, response);
//     });
//   }
// `request` and `response` live until the coroutine has ended.
//
// Client:
//   AppendResponse response;
//   KEFU_CO_RETURN_IF_ERROR(co_await server::CallUnary(stub, &Stub::async::Append, scope, request,
//   &response));
// Errors keep their reason across the wire (grpc-status-details-bin). Deadlines shrink by 50 ms per
// hop.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/base/trace.h"

namespace kefu::server {

// What a handler knows of its call.
struct CallScope {
  Trace trace;
  // MonotonicMs() at which the answer is worthless.
  int64_t deadline_ms = 0;

  int64_t remaining_ms() const { return deadline_ms - MonotonicMs(); }
};

grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status, const grpc::ClientContext& context);

// What of the remaining time the next hop gets: the rest is for the answer's way home.
int64_t PassedOnMs(const CallScope& scope);
// Reads trace metadata and deadline; without a deadline, `default_ms` from now.
CallScope ScopeOf(const grpc::CallbackServerContext& context, int64_t default_ms = 3000);
// Sets deadline and trace metadata for an outgoing call.
void Prepare(grpc::ClientContext* context, const CallScope& scope);

// Counts the calls that were sent and whose answer has not come. Before event loops are destroyed,
// wait until there are none: the answers are posted to them.
class CallInFlight {
 public:
  CallInFlight();
  ~CallInFlight();
  CallInFlight(const CallInFlight&) = delete;
  CallInFlight& operator=(const CallInFlight&) = delete;
  // False if some are left after `bound_ms`.
  static bool AwaitNone(int64_t bound_ms);
};

using UnaryHandler = std::function<Task<absl::Status>(CallScope)>;
grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, Executor executor,
                                UnaryHandler handler);

// A call that `start` begins, e.g. through a generic stub: start(context, done), where `done` is
// called once with the status, from any thread.
template <class Start>
Task<absl::Status> CallWith(CallScope scope, Start start) {
  if (scope.remaining_ms() <= 0) {
    co_return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                    "Allow the call more time.");
  }
  grpc::ClientContext context;
  Prepare(&context, scope);
  const grpc::Status status =
      co_await AwaitCallback<grpc::Status>([&](std::function<void(grpc::Status)> done) {
        start(&context, [done = std::move(done),
                         counted = std::make_shared<CallInFlight>()](grpc::Status answer) mutable {
          // It holds on to the loop, so it goes before the call stops counting.
          const auto finish = std::move(done);
          finish(std::move(answer));
        });
      });
  co_return FromGrpcStatus(status, context);
}

// `request` and `response` live until the answer is there.
template <class Async, class Request, class Response>
Task<absl::Status> CallUnary(Async* async,
                             void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                                                   std::function<void(grpc::Status)>),
                             CallScope scope, const Request& request, Response* response) {
  return CallWith(std::move(scope),
                  [async, method, &request, response](grpc::ClientContext* context,
                                                      std::function<void(grpc::Status)> done) {
                    (async->*method)(context, &request, response, std::move(done));
                  });
}

}  // namespace kefu::server
