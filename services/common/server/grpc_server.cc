#include "services/common/server/grpc_server.h"

#include <chrono>

#include "services/common/base/status.h"

namespace kefu::server {
namespace {

constexpr auto kStopWithin = std::chrono::seconds(10);
// Clients would never see new replicas otherwise.
constexpr int kMaxConnectionAgeMs = 5 * 60 * 1000;
constexpr int kMaxConnectionGraceMs = 30 * 1000;
constexpr int kMinPingIntervalMs = 20 * 1000;

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const std::string& listen, const std::vector<grpc::Service*>& services) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  if (!listen.empty()) {
    builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  }
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kMaxConnectionAgeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kMaxConnectionGraceMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<GrpcServer> server(new GrpcServer());
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || (port == 0 && !listen.empty())) {
    return Error(absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
                 "Cannot listen on " + listen + ".");
  }
  if (listen.starts_with("unix:")) {
    server->address_ = listen;
  } else if (port != 0) {
    server->address_ = listen.substr(0, listen.rfind(':')) + ":" + std::to_string(port);
  }
  return server;
}

GrpcServer::~GrpcServer() { Stop(); }

std::shared_ptr<grpc::Channel> GrpcServer::InProcessChannel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

void GrpcServer::Drain() {
  if (server_ == nullptr) return;
  server_->GetHealthCheckService()->SetServingStatus(false);
  // Clients are told to go elsewhere; calls under way are finished, or cut off when the time is
  // over.
  server_->Shutdown(std::chrono::system_clock::now() + kStopWithin);
}

void GrpcServer::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

}  // namespace kefu::server
