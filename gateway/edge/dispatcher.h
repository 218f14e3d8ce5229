// One way in for every call, whatever the protocol. In this order:
//
//   find the method → shed → authenticate → role, scopes → rate limits → decode → request id →
//   audit → handler
//
// so that what is refused costs as little as can be. The rules come from the method's options in
// the proto (proto/kefu/options.proto): a new method needs a handler in the Registry and nothing
// here. A front (HTTP, later gRPC) turns its protocol into a Call and the outcome back.
//
// Threads: any io thread; a call stays on the executor it began on. Every dependency outlives the
// calls, and those still running when the event loops end are destroyed with the loops: destroy
// loops first. Errors: what the rules refuse is named at MethodUnknown, Shedder, Authenticator,
// RateLimiter, codec.h, admission.h; besides DEADLINE_EXCEEDED DEADLINE_EXCEEDED, INTERNAL
// HANDLER_FAILED.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <string>

#include "gateway/auth/caller.h"
#include "gateway/edge/call_metrics.h"
#include "gateway/edge/codec.h"
#include "gateway/edge/rate_limiter.h"
#include "gateway/edge/registry.h"
#include "gateway/edge/shedder.h"
#include "services/common/metrics/metrics.h"

namespace kefu::gateway {

// A call as a front hands it over.
struct Call {
  std::string path;    // "package.Service/Method"
  std::string bearer;  // empty: none was sent
  std::string peer;    // the client's address without the port
  std::string traceparent;
  std::optional<int64_t> timeout_ms;  // what the client allows
  Codec codec = Codec::kProto;
  std::string body;
};

// On the heap, for the frames it passes through live as long as a stream.
using CallPtr = std::unique_ptr<Call>;

// A front's end of a server stream.
class ServerStream : public StreamWriter {
 public:
  // Sends the headers, at once: an idle subscription must look open to its client. Called after the
  // rules have admitted the call, before the handler.
  virtual Task<absl::Status> Open() = 0;
};

struct DispatcherDeps {
  const Registry& registry;
  Authenticator& authenticator;
  Auditor& auditor;
  Shedder& shedder;
  RateLimiter& rate_limiter;
  metrics::Metrics& metrics;
};

class Dispatcher {
 public:
  // The registry must be complete.
  explicit Dispatcher(const DispatcherDeps& deps);

  // The method, if it may be called from outside at all; else null.
  const Method* Find(std::string_view path) const;
  // How large a request may be: what all may, or the method's own bound if that is more.
  uint64_t BodyLimit(std::string_view path, uint64_t usual) const;
  uint64_t LargestBody(uint64_t usual) const;
  // UNIMPLEMENTED, reason METHOD_UNKNOWN.
  static absl::Status MethodUnknown(std::string_view path);

  // The method must be of the kind asked for (see Method); fronts refuse the mismatch in their
  // protocol's way.
  //
  // When the deadline passes, the answer is DEADLINE_EXCEEDED at once; the handler goes on to its
  // end unheard.
  Task<absl::StatusOr<MessagePtr>> Unary(CallPtr call);
  // Returns when the handler has; a deadline (only if the client names one) reaches it as OnGone.
  // `stream` outlives the call.
  Task<absl::Status> Stream(CallPtr call, ServerStream& stream);

 private:
  struct Admitted {
    CallContext context;
    MessagePtr request;
  };
  using AdmittedPtr = std::unique_ptr<Admitted>;

  Task<absl::StatusOr<MessagePtr>> RunUnary(const Method& method, CallPtr call, int64_t deadline_ms,
                                            Shedder::Ticket ticket);
  // Shedding and all other rules, within a time that is bounded although the stream's is not.
  Task<absl::StatusOr<AdmittedPtr>> AdmitStream(const Method& method, CallPtr call,
                                                int64_t deadline_ms);
  Task<absl::Status> RunStream(const Method& method, AdmittedPtr admitted, const Trace& trace,
                               ServerStream& stream, int64_t deadline_ms);
  Task<absl::StatusOr<AdmittedPtr>> Admit(const Method& method, CallPtr call, int64_t deadline_ms);
  absl::StatusOr<Shedder::Ticket> Shed(const Method& method);
  Task<absl::StatusOr<Caller>> Authenticate(const Method& method, std::string bearer);
  Task<absl::Status> Audit(const Method& method, CallContext context,
                           const google::protobuf::Message& request);
  // Metrics and the one log line.
  void Report(const Method& method, const Trace& trace, const absl::Status& status,
              int64_t began_us);

  const DispatcherDeps deps_;
  CallMetrics metrics_;
};

}  // namespace kefu::gateway
