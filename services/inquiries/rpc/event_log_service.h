// EventLogService over gRPC. Threads: as ConversationServiceImpl.
#pragma once

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/server/io_threads.h"
#include "services/common/server/unary.h"
#include "services/inquiries/storage/event_log.h"

namespace kefu::inquiries::rpc {

class EventLogServiceImpl final : public events::v1::EventLogService::CallbackService {
 public:
  EventLogServiceImpl(server::IoThreads& io, storage::EventLog& log);

  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context,
                                 const events::v1::ReadRequest* request,
                                 events::v1::ReadResponse* response) override;
  grpc::ServerUnaryReactor* RaiseEpoch(grpc::CallbackServerContext* context,
                                       const events::v1::RaiseEpochRequest* request,
                                       events::v1::RaiseEpochResponse* response) override;

 private:
  Task<absl::Status> DoRead(server::CallScope scope, const events::v1::ReadRequest& request,
                            events::v1::ReadResponse& response);
  Task<absl::Status> DoRaiseEpoch(server::CallScope scope,
                                  const events::v1::RaiseEpochRequest& request,
                                  events::v1::RaiseEpochResponse& response);

  server::IoThreads& io_;
  storage::EventLog& log_;
};

}  // namespace kefu::inquiries::rpc
