// ShipmentService over gRPC: reads the request, has the store do it, writes the response. No
// decision is made here.
//
// The shipments of a batch are written beside each other, what concerns one of them one after the
// other, its tracking events in one commit. What is wrong with one item is said in its result; what
// keeps the store from working fails the call, which may be repeated as a whole.
// Threads: gRPC calls the methods from its own threads; each call runs as a coroutine on one of
// `io`'s loops.
#pragma once

#include "proto/kefu/logistics/v1/service.grpc.pb.h"
#include "services/common/server/io_threads.h"
#include "services/common/server/unary.h"
#include "services/logistics/domain/status_table.h"
#include "services/logistics/rpc/metrics.h"
#include "services/logistics/storage/shipment_store.h"

namespace kefu::logistics::rpc {

class ShipmentServiceImpl final : public v1::ShipmentService::CallbackService {
 public:
  // All of them outlive it.
  ShipmentServiceImpl(server::IoThreads& io, storage::ShipmentStore& store,
                      const StatusTable& table, LogisticsMetrics& metrics)
      : io_(io), store_(store), table_(table), metrics_(metrics) {}

  grpc::ServerUnaryReactor* RegisterShipments(grpc::CallbackServerContext* context,
                                              const v1::RegisterShipmentsRequest* request,
                                              v1::RegisterShipmentsResponse* response) override;
  grpc::ServerUnaryReactor* AddTrackingEvents(grpc::CallbackServerContext* context,
                                              const v1::AddTrackingEventsRequest* request,
                                              v1::AddTrackingEventsResponse* response) override;
  grpc::ServerUnaryReactor* GetShipment(grpc::CallbackServerContext* context,
                                        const v1::GetShipmentRequest* request,
                                        v1::Shipment* response) override;
  grpc::ServerUnaryReactor* ListShipments(grpc::CallbackServerContext* context,
                                          const v1::ListShipmentsRequest* request,
                                          v1::ListShipmentsResponse* response) override;

 private:
  template <class Request, class Response>
  using Handler = Task<absl::Status> (ShipmentServiceImpl::*)(server::CallScope, const Request&,
                                                              Response&);
  template <class Request, class Response>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  Handler<Request, Response> handler, const Request* request,
                                  Response* response) {
    return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
      return (this->*handler)(std::move(scope), *request, *response);
    });
  }

  // The request and the response outlive the coroutine (server/unary.h).
  Task<absl::Status> DoRegister(server::CallScope scope,
                                const v1::RegisterShipmentsRequest& request,
                                v1::RegisterShipmentsResponse& response);
  Task<absl::Status> DoAddEvents(server::CallScope scope,
                                 const v1::AddTrackingEventsRequest& request,
                                 v1::AddTrackingEventsResponse& response);
  Task<absl::Status> DoGet(server::CallScope scope, const v1::GetShipmentRequest& request,
                           v1::Shipment& response);
  Task<absl::Status> DoList(server::CallScope scope, const v1::ListShipmentsRequest& request,
                            v1::ListShipmentsResponse& response);

  // One shipment's part of a batch.
  struct Registrations;
  struct Additions;
  Task<> RegisterAll(ShopId shop, Registrations& part);
  Task<> AddAll(ShopId shop, Additions& part);

  server::IoThreads& io_;
  storage::ShipmentStore& store_;
  const StatusTable& table_;
  LogisticsMetrics& metrics_;
};

}  // namespace kefu::logistics::rpc
