// The gRPC front door, for integrators' programs: every method of the registry, unary and
// server-streaming, by the same dispatcher as over HTTP. Generic: adding an RPC needs nothing here.
//
// Not for the internet: gRPC 1.51 does not withstand what comes from there (docs, GUARANTEES). It
// listens on loopback or the cluster's network, behind a proxy (deploy/proxy).
//
// A call: metadata `authorization: Bearer …`, `traceparent`, and the deadline, which is bounded by
// the method's policy. Errors carry google.rpc details (grpc-status-details-bin). Answers begin
// with `x-request-id`, the trace id of the log lines. grpc.health.v1.Health is served; reflection
// (v1 and v1alpha) only where the configuration wants it. Compression is refused.
//
// Threads: Start, Drain and Stop from one thread that is not an event loop. Ownership: what it is
// made of outlives it; Stop before the loops stop, for calls end on them.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/edge/dispatcher.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/io_threads.h"

namespace kefu::gateway {

struct GrpcConfig {
  // "127.0.0.1:9203"; port 0 picks one; empty: no gRPC front.
  std::string listen;
  // Who asks is told which methods and messages there are: for development.
  bool reflection = false;

  // The following as the HTTP front has them.
  std::vector<std::string> trusted_proxies;
  uint32_t max_metadata_bytes = 16 << 10;
  uint64_t max_message_bytes = 64 << 10;
  // For the request of a call to arrive.
  int64_t read_timeout_ms = 10'000;
  // For a client to take a message of a stream.
  int64_t write_timeout_ms = 30'000;

  // Calls at the same time, streams included; more are RESOURCE_EXHAUSTED.
  size_t max_calls = 10'000;
  // After that a client is asked to connect again, lest it never see new replicas; streams that
  // last longer than the grace are cut, and resume.
  int64_t max_connection_age_ms = 5 * 60 * 1000;
  int64_t max_connection_grace_ms = 30 * 1000;
};

class GrpcFront {
 public:
  struct Deps {
    Dispatcher& dispatcher;
    const Registry& registry;
    server::IoThreads& io;
    metrics::Metrics& metrics;
  };
  // UNAVAILABLE CANNOT_LISTEN; INVALID_ARGUMENT for what is wrong in the configuration.
  static absl::StatusOr<std::unique_ptr<GrpcFront>> Start(const GrpcConfig& config,
                                                          const Deps& deps);
  // Stops, if that has not been done.
  ~GrpcFront();

  // With the port in use.
  const std::string& address() const;
  // Health says NOT_SERVING, clients are told to go elsewhere (GOAWAY), streams to end. Returns
  // when all calls have ended, or cuts them when the time is up.
  void Drain(int64_t bound_ms);
  void Stop();

 private:
  class Impl;
  explicit GrpcFront(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kefu::gateway
