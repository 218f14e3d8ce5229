// OrderService over gRPC: checks, calls, converts. What depends on the order itself is enforced
// here: a buyer sees their own orders only, anything else is NOT_FOUND.
//
// Metrics: kefu_orders_unmasked_total.
// Threads: gRPC's; handlers run on `io`. What is given outlives it.
#pragma once

#include "proto/kefu/orders/v1/service.grpc.pb.h"
#include "services/common/metrics/metrics.h"
#include "services/common/seal/owner_keys.h"
#include "services/common/server/io_threads.h"
#include "services/common/server/unary.h"
#include "services/orders/rpc/upserts.h"
#include "services/orders/storage/order_store.h"

namespace kefu::orders::rpc {

class OrderServiceImpl final : public v1::OrderService::CallbackService {
 public:
  OrderServiceImpl(server::IoThreads& io, storage::OrderStore& orders, seal::OwnerKeys& keys,
                   Upserts& upserts, metrics::Metrics& metrics);

  grpc::ServerUnaryReactor* UpsertOrders(grpc::CallbackServerContext* context,
                                         const v1::UpsertOrdersRequest* request,
                                         v1::UpsertOrdersResponse* response) override;
  grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context,
                                     const v1::GetOrderRequest* request,
                                     v1::Order* response) override;
  grpc::ServerUnaryReactor* ListOrders(grpc::CallbackServerContext* context,
                                       const v1::ListOrdersRequest* request,
                                       v1::ListOrdersResponse* response) override;
  grpc::ServerUnaryReactor* UnmaskContact(grpc::CallbackServerContext* context,
                                          const v1::UnmaskContactRequest* request,
                                          v1::UnmaskContactResponse* response) override;

 private:
  Task<absl::Status> DoUpsert(server::CallScope scope, const v1::UpsertOrdersRequest& request,
                              v1::UpsertOrdersResponse& response);
  Task<absl::Status> DoGet(const v1::GetOrderRequest& request, v1::Order& response);
  Task<absl::Status> DoList(const v1::ListOrdersRequest& request, v1::ListOrdersResponse& response);
  Task<absl::Status> DoUnmask(const v1::UnmaskContactRequest& request,
                              v1::UnmaskContactResponse& response);
  // The order if the actor may see it.
  Task<absl::StatusOr<storage::Stored>> Find(ShopId shop, const common::v1::Actor& actor,
                                             const std::string& order);

  server::IoThreads& io_;
  storage::OrderStore& orders_;
  seal::OwnerKeys& keys_;
  Upserts& upserts_;
  metrics::Counter& unmasked_;
};

}  // namespace kefu::orders::rpc
