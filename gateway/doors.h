// Where callers come in: HTTP and gRPC for the public, with one dispatcher behind both, so that
// rules, limits and shedding are the same; and a gRPC port for the other services.
//
// Threads: one, which is not an event loop. Order: the registry is filled → OpenPublic → Drain →
// Stop → Clear; OpenInternal at any time before. Ownership: the parts outlive the doors; after
// Stop, calls that are still running end with their loops.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config.h"
#include "gateway/edge/dispatcher.h"
#include "gateway/edge/grpc_front.h"
#include "gateway/edge/http_server.h"
#include "gateway/edge/origin.h"
#include "gateway/edge/rate_limiter.h"
#include "gateway/edge/raw_route.h"
#include "gateway/edge/registry.h"
#include "gateway/edge/shedder.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/grpc_server.h"
#include "services/common/server/io_threads.h"

namespace kefu::gateway {

class Doors {
 public:
  struct Parts {
    Authenticator& authenticator;
    Auditor& auditor;
    server::IoThreads& io;
    metrics::Metrics& metrics;
  };
  Doors(const Config& config, const Parts& parts);

  Registry& registry() { return registry_; }

  // `services` outlive the doors. Without an address they are reached in this process only.
  absl::Status OpenInternal(const std::vector<grpc::Service*>& services);
  // After OpenInternal.
  std::shared_ptr<grpc::Channel> InternalChannel() { return internal_->InProcessChannel(); }
  absl::Status OpenPublic(OriginPolicy origins, std::vector<RawRoute> raw_routes = {});

  // Tells clients to go elsewhere; returns when their calls have ended, within `bound_ms`.
  void Drain(int64_t bound_ms);
  void Stop();
  // When the loops have stopped, and before they are destroyed.
  void Clear() { http_.reset(); }

  // "http", and "grpc" and "internal" where they listen.
  std::map<std::string, std::string> Addresses() const;

 private:
  const Config& config_;
  const Parts parts_;
  ConcurrencyShedder shedder_;
  RateLimiter rate_limiter_;
  Registry registry_;
  std::optional<Dispatcher> dispatcher_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<GrpcFront> grpc_;
  std::unique_ptr<server::GrpcServer> internal_;
  std::string http_address_;
};

}  // namespace kefu::gateway
