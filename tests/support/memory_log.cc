#include "tests/support/memory_log.h"

#include "services/common/base/status.h"
#include "services/common/server/unary.h"
#include "tests/support/await.h"

namespace kefu::test {
namespace {

// Ends the call with what `serve` says, at once; it is not asked while the log is away.
template <class Serve>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, bool reachable,
                                 Serve serve) {
  const absl::Status status =
      reachable ? serve() : Error(absl::StatusCode::kUnavailable, "AWAY", "The test took it away.");
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(server::ToGrpcStatus(status));
  return reactor;
}

// A MemoryOutbox never waits, so its answer may be awaited on gRPC's thread.
template <class Response>
absl::Status Put(Task<absl::StatusOr<Response>> task, Response* response) {
  KEFU_ASSIGN_OR_RETURN(*response, Await(std::move(task)));
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* MemoryLog::Read(grpc::CallbackServerContext* context,
                                          const events::v1::ReadRequest* request,
                                          events::v1::ReadResponse* response) {
  ++reads_;
  return Answer(context, reachable_, [&]() -> absl::Status {
    KEFU_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request->shop()));
    KEFU_RETURN_IF_ERROR(Put(outbox_.Read({}, shop, *request), response));
    std::function<void()> then;
    {
      absl::MutexLock lock(&mutex_);
      then = std::exchange(in_next_read_, nullptr);
    }
    if (then) then();
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* MemoryLog::ListHeads(grpc::CallbackServerContext* context,
                                               const events::v1::ListHeadsRequest* request,
                                               events::v1::ListHeadsResponse* response) {
  return Answer(context, reachable_, [&]() -> absl::Status {
    events::v1::ListHeadsRequest small = *request;
    small.set_page_size(2);
    return Put(outbox_.ListHeads({}, small), response);
  });
}

grpc::ServerUnaryReactor* MemoryLog::ReportCursors(grpc::CallbackServerContext* context,
                                                   const events::v1::ReportCursorsRequest* request,
                                                   events::v1::ReportCursorsResponse*) {
  return Answer(context, reachable_,
                [&]() -> absl::Status { return Await(outbox_.ReportCursors({}, *request)); });
}

grpc::ServerUnaryReactor* MemoryLog::Snapshot(grpc::CallbackServerContext* context,
                                              const events::v1::SnapshotRequest* request,
                                              events::v1::SnapshotResponse* response) {
  return Answer(context, reachable_, [&]() -> absl::Status {
    KEFU_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request->shop()));
    events::v1::SnapshotRequest small = *request;
    small.set_page_size(1);
    return Put(outbox_.Snapshot({}, shop, small), response);
  });
}

grpc::ServerUnaryReactor* MemoryLog::RaiseEpoch(grpc::CallbackServerContext* context,
                                                const events::v1::RaiseEpochRequest* request,
                                                events::v1::RaiseEpochResponse* response) {
  return Answer(context, reachable_, [&]() -> absl::Status {
    KEFU_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request->shop()));
    KEFU_ASSIGN_OR_RETURN(const uint64_t epoch,
                          Await(outbox_.RaiseEpoch({}, shop, request->observed_epoch())));
    response->set_store_epoch(epoch);
    return absl::OkStatus();
  });
}

}  // namespace kefu::test
