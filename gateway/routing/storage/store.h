// Calls routing's Redis functions: builds the keys, declares the classes, and repeats a call that
// was refused because what it declared, or the plan it went by, was out of date.
//
// Threads: thread-safe. Errors: those of redis::Client, of the source of plans, and what the
// functions answer (storage/functions/*.lua).
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/routing/domain/classes.h"
#include "gateway/routing/plans.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"
#include "services/common/redis/value.h"

namespace kefu::gateway::routing {

// "kf:gateway:{<shop>}:<type>"
std::string RoutingKey(std::string_view shop, std::string_view type);

struct Operation {
  // Without "gateway_"; with "_v1" added unless it ends with another version.
  std::string verb;
  // Classes that the operation is believed to touch; others are added when the function asks for
  // them.
  std::vector<std::string> classes;
  std::vector<std::string> arguments;
};

// What to call under a plan; asked again when another one turns out to be in force.
using BuildOperation = std::function<Operation(const RoutingPlan&)>;

// Declares all classes of the plan.
Operation OnAllClasses(const RoutingPlan& plan, std::string verb,
                       std::vector<std::string> arguments);
// "configure" with the whole plan.
Operation ConfigureWith(const RoutingPlan& plan);

class Store {
 public:
  // `plans` and `test_clock` may be null: every shop has the classes `fallback` then; the clock is
  // the store's own, which only the function library that tests load does not insist on. All
  // outlive the store.
  Store(redis::ShardMap& shards, PlanSource* plans, ClassTable fallback, const Clock* test_clock);

  redis::Client& client(const ShopId& shop) { return shards_.Of(shop); }

  // What the function answers after "OK".
  Task<absl::StatusOr<redis::Value::Array>> Call(ShopId shop, BuildOperation build);
  Task<absl::StatusOr<redis::Value::Array>> Call(ShopId shop, Operation operation);

  // The plan by which the shop is called, at least of this version if the source has it.
  Task<absl::StatusOr<std::shared_ptr<const RoutingPlan>>> PlanOf(ShopId shop,
                                                                  uint64_t at_least = 0);

 private:
  struct Known {
    std::shared_ptr<const RoutingPlan> plan;
    // What the functions want to hear; not the plan's version if the source is behind.
    uint64_t in_force = 0;
  };
  Task<absl::StatusOr<Known>> KnownOf(ShopId shop);
  // The functions have another configuration than the one called with.
  Task<absl::Status> CatchUp(ShopId shop, uint64_t in_force);
  Task<absl::StatusOr<redis::Value::Array>> CallOnce(ShopId shop, Known known, Operation operation);

  redis::ShardMap& shards_;
  PlanSource* const plans_;
  const std::shared_ptr<const RoutingPlan> fallback_;
  const Clock* const test_clock_;
  absl::Mutex mutex_;
  std::map<ShopId, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::routing
