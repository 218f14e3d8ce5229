// Calls routing's Redis functions: builds the keys, declares the classes, and repeats a call that
// was refused because what it declared was out of date.
//
// Threads: thread-safe. Errors: those of redis::Client, and what the functions answer
// (storage/functions/*.lua).
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/routing/domain/classes.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"
#include "services/common/redis/value.h"

namespace kefu::gateway::routing {

// "kf:gateway:{<shop>}:<type>"
std::string RoutingKey(std::string_view shop, std::string_view type);

struct Operation {
  // Without "gateway_" and "_v1".
  std::string verb;
  // Classes that the operation is believed to touch; others are added when the function asks for
  // them.
  std::vector<std::string> classes;
  std::vector<std::string> arguments;
};

class Store {
 public:
  // `test_clock` may be null; only the function library that tests load takes the time from it.
  // Both outlive the store.
  Store(redis::ShardMap& shards, ClassTable classes, const Clock* test_clock);

  const ClassTable& classes() const { return classes_; }
  redis::Client& client(const ShopId& shop) { return shards_.Of(shop); }

  // What the function answers after "OK".
  Task<absl::StatusOr<redis::Value::Array>> Call(ShopId shop, Operation operation);

 private:
  std::vector<std::string> Keys(const ShopId& shop, const Operation& operation) const;
  std::vector<std::string> Arguments(const ShopId& shop, const Operation& operation) const;
  // Learns from a refusal; false if it is none that a repetition helps against.
  bool Learn(const ShopId& shop, const absl::Status& refusal, Operation& operation);

  redis::ShardMap& shards_;
  const ClassTable classes_;
  const Clock* const test_clock_;
  mutable absl::Mutex mutex_;
  // Version of the shop's routing configuration, where it is not 0.
  std::map<ShopId, std::string> config_versions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::routing
