#include "services/inquiries/rpc/event_log_service.h"

#include <limits>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::inquiries::rpc {

EventLogServiceImpl::EventLogServiceImpl(server::IoThreads& io, storage::EventLog& log)
    : io_(io), log_(log) {}

grpc::ServerUnaryReactor* EventLogServiceImpl::Read(grpc::CallbackServerContext* context,
                                                    const events::v1::ReadRequest* request,
                                                    events::v1::ReadResponse* response) {
  return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
    return DoRead(std::move(scope), *request, *response);
  });
}

grpc::ServerUnaryReactor* EventLogServiceImpl::RaiseEpoch(
    grpc::CallbackServerContext* context, const events::v1::RaiseEpochRequest* request,
    events::v1::RaiseEpochResponse* response) {
  return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
    return DoRaiseEpoch(std::move(scope), *request, *response);
  });
}

Task<absl::Status> EventLogServiceImpl::DoRead(server::CallScope scope,
                                               const events::v1::ReadRequest& request,
                                               events::v1::ReadResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  if (request.after_seq() >= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    co_return InvalidField("after_seq", "must be a position in the log");
  }
  auto read = co_await log_.Read(shop, request, storage::Deadline{scope.deadline_ms});
  KEFU_CO_RETURN_IF_ERROR(read.status());
  response = *std::move(read);
  co_return absl::OkStatus();
}

Task<absl::Status> EventLogServiceImpl::DoRaiseEpoch(server::CallScope scope,
                                                     const events::v1::RaiseEpochRequest& request,
                                                     events::v1::RaiseEpochResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  if (request.observed_epoch() >= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    co_return InvalidField("observed_epoch", "must be an epoch that was observed");
  }
  const auto epoch = co_await log_.RaiseEpoch(shop, request.observed_epoch(),
                                              storage::Deadline{scope.deadline_ms});
  KEFU_CO_RETURN_IF_ERROR(epoch.status());
  response.set_store_epoch(*epoch);
  log::Warn("store epoch", {{"shop", shop.str()}, {"epoch", *epoch}}, &scope.trace);
  co_return absl::OkStatus();
}

}  // namespace kefu::inquiries::rpc
