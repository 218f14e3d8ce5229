// PushService over gRPC, and what becomes of pushed bodies: kept durably, answered, then taken
// apart; once more by the due queue if a process dies in between. A body that cannot be read is
// kept with its problem, counted, and blocks nothing.
//
// Threads: gRPC calls the methods from its own threads; each call runs as a coroutine on one of
// `io`'s loops. Process may be called from any coroutine. What is spawned here ends with the loops.
#pragma once

#include <string>

#include "proto/kefu/logistics/v1/service.grpc.pb.h"
#include "services/common/server/io_threads.h"
#include "services/common/server/unary.h"
#include "services/common/timers/due_queue.h"
#include "services/logistics/domain/status_table.h"
#include "services/logistics/rpc/metrics.h"
#include "services/logistics/storage/push_store.h"
#include "services/logistics/storage/shipment_store.h"

namespace kefu::logistics::rpc {

class PushServiceImpl final : public v1::PushService::CallbackService {
 public:
  // All of them outlive it.
  PushServiceImpl(server::IoThreads& io, storage::PushStore& pushes,
                  storage::ShipmentStore& shipments, const StatusTable& table,
                  LogisticsMetrics& metrics)
      : io_(io), pushes_(pushes), shipments_(shipments), table_(table), metrics_(metrics) {}

  grpc::ServerUnaryReactor* ReceivePush(grpc::CallbackServerContext* context,
                                        const v1::ReceivePushRequest* request,
                                        v1::ReceivePushResponse* response) override;

  // A timer that is due: takes the body apart, or lets it go if that was done long ago. Idempotent.
  Task<absl::Status> OnDue(ShopId shop, timers::DueItem item);

 private:
  Task<absl::Status> DoReceive(server::CallScope scope, const v1::ReceivePushRequest& request,
                               v1::ReceivePushResponse& response);
  // What is left undone has its timer.
  Task<> ProcessSoon(ShopId shop, std::string id, std::string traceparent);
  Task<absl::Status> Process(ShopId shop, std::string id, storage::PushState push,
                             std::string traceparent);

  server::IoThreads& io_;
  storage::PushStore& pushes_;
  storage::ShipmentStore& shipments_;
  const StatusTable& table_;
  LogisticsMetrics& metrics_;
};

}  // namespace kefu::logistics::rpc
