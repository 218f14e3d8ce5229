// The consults of shops, in the gateway's store: one aggregate for all of a shop's that are going
// on, so that a stream learns with one read whether its agent has a part in any.
//
// Threads: thread-safe. Errors: those of domain/consults.h; those of the aggregate store.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>

#include "gateway/consults/domain/consults.h"
#include "gateway/directory/stale_cache.h"
#include "proto/kefu/gateway/v1/agent.pb.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregates.h"

namespace kefu::gateway::consults {

class ConsultBook {
 public:
  // `store` outlives it.
  explicit ConsultBook(redis::Aggregates& store);

  // As they were at most 5 s ago, for those who look regularly.
  Task<absl::StatusOr<Consults>> Get(ShopId shop);
  Task<absl::StatusOr<Consults>> Read(ShopId shop);

  // The consult as it was made; its time is the store's.
  Task<absl::StatusOr<Consult>> Start(redis::Request request, ShopId shop, Consult consult);
  // The one that ended; a repetition answers it again.
  Task<absl::StatusOr<Consult>> End(redis::Request request, ShopId shop, SessionId session,
                                    ConsultId id, AgentId by);
  // Ends those whose askers own their sessions no more, and answers them.
  Task<absl::StatusOr<Consults>> EndOf(ShopId shop, Owners owners);

 private:
  using Decide = std::function<absl::StatusOr<redis::Change>(const Consults&, TimePoint)>;
  Task<absl::StatusOr<redis::Committed>> Update(redis::Request request, ShopId shop, Decide decide);

  redis::Aggregates& store_;
  directory::StaleCache<std::shared_ptr<const Consults>> read_;
};

v1::Consult ToMessage(const Consult& consult, bool ended);

}  // namespace kefu::gateway::consults
