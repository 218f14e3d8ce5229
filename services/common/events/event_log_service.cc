#include "services/common/events/event_log_service.h"

#include <utility>

#include "services/common/base/status.h"
#include "services/common/logging/log.h"
#include "services/common/server/unary.h"

namespace kefu::events {
namespace {

// Requests and responses live until the coroutine has ended (server/unary.h).
class EventLogServiceImpl final : public v1::EventLogService::CallbackService {
 public:
  EventLogServiceImpl(server::IoThreads& io, std::vector<Outbox*> outboxes)
      : io_(io), outboxes_(std::move(outboxes)) {}

  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context,
                                 const v1::ReadRequest* request,
                                 v1::ReadResponse* response) override {
    return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
      return DoRead(std::move(scope), *request, *response);
    });
  }
  grpc::ServerUnaryReactor* ListHeads(grpc::CallbackServerContext* context,
                                      const v1::ListHeadsRequest* request,
                                      v1::ListHeadsResponse* response) override {
    return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
      return DoListHeads(std::move(scope), *request, *response);
    });
  }
  grpc::ServerUnaryReactor* ReportCursors(grpc::CallbackServerContext* context,
                                          const v1::ReportCursorsRequest* request,
                                          v1::ReportCursorsResponse*) override {
    return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
      return DoReportCursors(std::move(scope), *request);
    });
  }
  grpc::ServerUnaryReactor* Snapshot(grpc::CallbackServerContext* context,
                                     const v1::SnapshotRequest* request,
                                     v1::SnapshotResponse* response) override {
    return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
      return DoSnapshot(std::move(scope), *request, *response);
    });
  }
  grpc::ServerUnaryReactor* RaiseEpoch(grpc::CallbackServerContext* context,
                                       const v1::RaiseEpochRequest* request,
                                       v1::RaiseEpochResponse* response) override {
    return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
      return DoRaiseEpoch(std::move(scope), *request, *response);
    });
  }

 private:
  absl::StatusOr<Outbox*> Find(const std::string& source) const {
    if (source.empty() && outboxes_.size() == 1) return outboxes_.front();
    for (Outbox* const outbox : outboxes_) {
      if (outbox->source() == source) return outbox;
    }
    return Error(absl::StatusCode::kNotFound, "NO_SUCH_SOURCE",
                 "This process has no log of that name; ask the service that publishes it.");
  }

  Task<absl::Status> DoRead(server::CallScope scope, const v1::ReadRequest& request,
                            v1::ReadResponse& response) {
    KEFU_CO_ASSIGN_OR_RETURN(Outbox * outbox, Find(request.source()));
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
    KEFU_CO_ASSIGN_OR_RETURN(response, co_await outbox->Read(std::move(scope), shop, request));
    co_return absl::OkStatus();
  }

  Task<absl::Status> DoListHeads(server::CallScope scope, const v1::ListHeadsRequest& request,
                                 v1::ListHeadsResponse& response) {
    KEFU_CO_ASSIGN_OR_RETURN(Outbox * outbox, Find(request.source()));
    KEFU_CO_ASSIGN_OR_RETURN(response, co_await outbox->ListHeads(std::move(scope), request));
    co_return absl::OkStatus();
  }

  Task<absl::Status> DoReportCursors(server::CallScope scope,
                                     const v1::ReportCursorsRequest& request) {
    KEFU_CO_ASSIGN_OR_RETURN(Outbox * outbox, Find(request.source()));
    co_return co_await outbox->ReportCursors(std::move(scope), request);
  }

  Task<absl::Status> DoSnapshot(server::CallScope scope, const v1::SnapshotRequest& request,
                                v1::SnapshotResponse& response) {
    KEFU_CO_ASSIGN_OR_RETURN(Outbox * outbox, Find(request.source()));
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
    KEFU_CO_ASSIGN_OR_RETURN(response, co_await outbox->Snapshot(std::move(scope), shop, request));
    co_return absl::OkStatus();
  }

  Task<absl::Status> DoRaiseEpoch(server::CallScope scope, const v1::RaiseEpochRequest& request,
                                  v1::RaiseEpochResponse& response) {
    KEFU_CO_ASSIGN_OR_RETURN(Outbox * outbox, Find(request.source()));
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
    const Trace trace = scope.trace;
    KEFU_CO_ASSIGN_OR_RETURN(
        const uint64_t epoch,
        co_await outbox->RaiseEpoch(std::move(scope), shop, request.observed_epoch()));
    response.set_store_epoch(epoch);
    log::Warn("store epoch", {{"shop", shop.str()}, {"source", outbox->source()}, {"epoch", epoch}},
              &trace);
    co_return absl::OkStatus();
  }

  server::IoThreads& io_;
  const std::vector<Outbox*> outboxes_;
};

}  // namespace

std::unique_ptr<v1::EventLogService::CallbackService> NewEventLogService(
    server::IoThreads& io, std::vector<Outbox*> outboxes) {
  return std::make_unique<EventLogServiceImpl>(io, std::move(outboxes));
}

}  // namespace kefu::events
