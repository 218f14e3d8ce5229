// Takes versions of orders in: checks each, translates its statuses, seals its contact, commits it.
// Each stands for itself; what is wrong with one is its result.
//
// Metrics: kefu_orders_upserts_total{outcome}; kefu_orders_unknown_statuses_total{source}, where
// sources without a table are counted together as "other".
// Threads: thread-safe; a batch runs on its caller's executor. What is given outlives it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proto/kefu/orders/v1/service.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/metrics/metrics.h"
#include "services/common/seal/owner_keys.h"
#include "services/orders/domain/status_table.h"
#include "services/orders/storage/order_store.h"

namespace kefu::orders::rpc {

class Upserts {
 public:
  Upserts(storage::OrderStore& orders, seal::OwnerKeys& keys, const domain::StatusTables& statuses,
          metrics::Metrics& metrics);

  // In the order of `orders`. Different orders are worked on beside each other, several versions of
  // one order after one another. What passes (the store is away, too many raced for an order) fails
  // the call: sent again, what was taken in by then is UNCHANGED.
  Task<absl::StatusOr<std::vector<v1::UpsertResult>>> UpsertAll(ShopId shop,
                                                                std::vector<v1::OrderInput> orders,
                                                                std::string traceparent);

 private:
  struct Batch;
  Task<> UpsertSome(Batch& batch, std::vector<size_t> places);
  // Errors are those that pass.
  Task<absl::StatusOr<v1::UpsertResult>> Upsert(ShopId shop, const v1::OrderInput& input,
                                                std::string traceparent);
  absl::StatusOr<domain::Upsert> Prepare(const v1::OrderInput& input,
                                         std::vector<std::string>* unknown) const;
  Task<absl::StatusOr<storage::OrderStore::Updated>> Commit(ShopId shop, OrderId id,
                                                            const v1::OrderInput& input,
                                                            domain::Upsert upsert,
                                                            std::string traceparent);
  Task<absl::StatusOr<storage::OrderStore::Updated>> CommitSealed(ShopId shop, OrderId id,
                                                                  domain::Upsert upsert,
                                                                  std::string traceparent);
  void Count(const v1::OrderInput& input, const v1::UpsertResult& result);

  storage::OrderStore& orders_;
  seal::OwnerKeys& keys_;
  const domain::StatusTables& statuses_;
  std::map<v1::UpsertResult::Outcome, metrics::Counter*> outcomes_;
  // By source; "" for those without a table.
  std::map<std::string, metrics::Counter*> unknown_;
};

}  // namespace kefu::orders::rpc
