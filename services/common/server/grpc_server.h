// The gRPC server of a process: the settings that all have in common, and its orderly end.
// Threads: built, drained and stopped by one thread; serves on gRPC's own.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

namespace kefu::server {

class GrpcServer {
 public:
  // Listens on `listen` ("127.0.0.1:0" picks a port, "unix:/path" is a socket file; empty:
  // in-process channels only), with health service. `services` outlive it. UNAVAILABLE
  // CANNOT_LISTEN.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const std::string& listen, const std::vector<grpc::Service*>& services);
  ~GrpcServer();

  // Where it listens, with the port in use; empty if nowhere.
  const std::string& address() const { return address_; }
  std::shared_ptr<grpc::Channel> InProcessChannel();
  // Health says NOT_SERVING; calls under way are finished, or cut off after 10 s.
  void Drain();
  void Stop();

 private:
  GrpcServer() = default;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace kefu::server
