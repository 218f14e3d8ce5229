#include "gateway/doors.h"

#include <thread>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway {

Doors::Doors(const Config& config, const Parts& parts)
    : config_(config), parts_(parts), rate_limiter_(config.rate_limits) {}

absl::Status Doors::OpenInternal(const std::vector<grpc::Service*>& services) {
  KEFU_ASSIGN_OR_RETURN(internal_, server::GrpcServer::Start(config_.internal_listen, services));
  return absl::OkStatus();
}

absl::Status Doors::OpenPublic(OriginPolicy origins, std::vector<RawRoute> raw_routes) {
  dispatcher_.emplace(DispatcherDeps{registry_, parts_.authenticator, parts_.auditor, shedder_,
                                     rate_limiter_, parts_.metrics});
  HttpServerDeps deps{*dispatcher_, parts_.io, parts_.metrics, std::move(origins),
                      std::move(raw_routes)};
  KEFU_ASSIGN_OR_RETURN(http_, HttpServer::Create(config_.http, std::move(deps)));
  KEFU_ASSIGN_OR_RETURN(http_address_, http_->Start());
  if (config_.grpc.listen.empty()) return absl::OkStatus();
  KEFU_ASSIGN_OR_RETURN(
      grpc_, GrpcFront::Start(config_.grpc, {*dispatcher_, registry_, parts_.io, parts_.metrics}));
  return absl::OkStatus();
}

void Doors::Drain(int64_t bound_ms) {
  // Beside each other: each may take all the time there is.
  std::thread grpc([&] {
    if (grpc_) grpc_->Drain(bound_ms);
  });
  if (http_) http_->Drain(bound_ms);
  grpc.join();
}

void Doors::Stop() {
  // The others read this gateway's logs for as long as it does anything.
  if (grpc_) grpc_->Stop();
  if (http_) http_->Stop();
  if (internal_) internal_->Stop();
}

std::map<std::string, std::string> Doors::Addresses() const {
  std::map<std::string, std::string> addresses = {{"http", http_address_}};
  if (grpc_) addresses["grpc"] = grpc_->address();
  if (internal_ && !internal_->address().empty()) addresses["internal"] = internal_->address();
  return addresses;
}

}  // namespace kefu::gateway
