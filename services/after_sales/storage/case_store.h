// The cases of a shop. Every change goes through Apply (domain/commands.h) and one commit:
// the order's cases, the indexes, the event, the deadline's timer, the request.
//
// Keys: README.md. A repeated request is answered with the case as it stands now. Notes are sealed
// in the commit and opened in the answer (notes.h).
// Threads: thread-safe. What is given to the constructor outlives it.
// Errors: those of domain/commands.h, of redis/aggregates.h and of seal/owner_keys.h; ABORTED
// KEY_CHANGED: the buyer is being erased.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/kefu/after_sales/v1/service.pb.h"
#include "services/after_sales/domain/commands.h"
#include "services/common/events/outbox.h"
#include "services/common/metrics/metrics.h"
#include "services/common/redis/aggregates.h"
#include "services/common/seal/owner_keys.h"

namespace kefu::after_sales::storage {

// Aggregate type, and the index of all aggregates.
inline constexpr std::string_view kOrderType = "order";
inline constexpr std::string_view kOrdersIndex = "orders";
// Indexes of cases by the time of their last change.
inline constexpr std::string_view kCasesIndex = "cases";
inline constexpr std::string_view kLiveIndex = "cases:live";
std::string BuyerIndex(std::string_view buyer);
std::string StateIndex(domain::State state);

inline constexpr std::string_view kOpened = "com.kefu.case.opened.v1";
inline constexpr std::string_view kChanged = "com.kefu.case.changed.v1";

std::string TimerKey(const CaseId& id);
// None for a key that TimerKey did not make.
std::optional<CaseId> CaseOfTimer(std::string_view key);

// What others are told in place of the log (events/outbox.h).
events::SnapshotPart Shown();

class CaseStore {
 public:
  // How a change is committed: host::Host::Update, which also tells the others of it.
  using Commit = std::function<Task<absl::StatusOr<redis::Committed>>(
      redis::AggregateId, redis::Request, redis::Aggregates::Decide)>;

  CaseStore(redis::Aggregates& store, seal::OwnerKeys& keys, Commit commit, domain::Policy policy,
            metrics::Metrics& metrics);

  // What the request opened, if it was carried out before.
  Task<absl::StatusOr<std::optional<v1::Case>>> FindOpened(ShopId shop, OrderId order,
                                                           redis::Request request);
  Task<absl::StatusOr<v1::Case>> Open(ShopId shop, OrderId order, redis::Request request,
                                      domain::Open open, domain::Actor actor, std::string note);
  Task<absl::StatusOr<v1::Case>> Do(ShopId shop, redis::Request request, domain::Command command);
  // The deadline's timer came. Harmless if the case has moved on; UNAVAILABLE NOT_DUE if the timer
  // is early.
  Task<absl::Status> Expire(ShopId shop, CaseId id);
  // NOT_FOUND NO_SUCH_CASE, also for what the actor may not see.
  Task<absl::StatusOr<v1::Case>> Get(ShopId shop, CaseId id, domain::Actor actor);

  // What was noted in the buyer's cases cannot be read any more. A repeated request leaves alone
  // what was noted since.
  Task<absl::Status> EraseBuyer(ShopId shop, std::string buyer, redis::Request request);

 private:
  using Decider =
      std::function<absl::StatusOr<domain::Decision>(const domain::OrderCases&, TimePoint now)>;
  // What is to be committed: the change lacks the state, which is `next` with its notes sealed.
  struct Plan {
    domain::OrderCases next;
    redis::Change change;
  };
  using Planner = std::function<absl::StatusOr<Plan>(const redis::Snapshot&)>;
  Task<absl::StatusOr<redis::Committed>> CommitSealed(ShopId shop, OrderId order,
                                                      redis::Request request, Planner plan);
  Task<absl::StatusOr<v1::Case>> Update(ShopId shop, OrderId order, redis::Request request,
                                        Decider decide);
  // The case that a request was about, as it stands now.
  Task<absl::StatusOr<v1::Case>> ResultOf(ShopId shop, OrderId order, redis::Committed committed);
  // Of a record that a release before wrote.
  Task<absl::Status> SealClearNotes(ShopId shop, OrderId order);
  Task<absl::StatusOr<std::vector<OrderId>>> OrdersOf(ShopId shop, std::string buyer);
  void CountMove(const v1::Case& one);

  redis::Aggregates& store_;
  seal::OwnerKeys& keys_;
  const Commit commit_;
  const domain::Policy policy_;
  // By the state moved to.
  std::map<int, metrics::Counter*> moves_;
  metrics::Counter& expired_;
};

}  // namespace kefu::after_sales::storage
