// The routing configurations of shops: one document each, replaced as a whole. Whether it is valid
// is decided elsewhere (gateway/routing/config); this keeps it, with the usual event, and knows
// which changes have yet to be carried out.
//
// Get answers from memory for up to 5 s; a notice of a change drops it at once (stale_cache.h).
// Threads: thread-safe. Errors: ABORTED ETAG_MISMATCH; those of the aggregate store.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <string>

#include "gateway/directory/notices.h"
#include "gateway/directory/stale_cache.h"
#include "proto/kefu/gateway/v1/routing_config.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregate_store.h"

namespace kefu::gateway::directory {

inline constexpr std::string_view kRoutingConfigType = "routing_config";
// Shop → version that routing has yet to hear of.
inline constexpr std::string_view kUnsettledConfigIndex = "unsettled_config";

struct RoutingConfigState {
  v1::RoutingConfig config;
  TimePoint update_time;
  // The agent who set it.
  std::string updated_by;
};
struct RoutingConfigInfo : RoutingConfigState {
  // 0: the shop has none.
  uint64_t version = 0;
};

class RoutingConfigs {
 public:
  // Both outlive it. `now_ms` is a monotonic clock.
  RoutingConfigs(redis::AggregateStore& store, Notices& notices, int64_t (*now_ms)() = MonotonicMs);

  using Shared = std::shared_ptr<const RoutingConfigInfo>;
  Task<absl::StatusOr<Shared>> Get(ShopId shop);
  // Not from memory; what it finds is remembered.
  Task<absl::StatusOr<Shared>> Read(ShopId shop);

  // `expected_version`: none for whatever is there, 0 for a shop without one.
  Task<absl::StatusOr<Shared>> Set(redis::Request request, ShopId shop, v1::RoutingConfig config,
                                   std::optional<uint64_t> expected_version, std::string by);

  // The version that routing has yet to hear of, if there is one; and that it heard of one.
  Task<absl::StatusOr<std::optional<uint64_t>>> Unsettled(ShopId shop);
  Task<absl::Status> MarkSettled(ShopId shop, uint64_t version);

 private:
  redis::AggregateStore& store_;
  Notices& notices_;
  StaleCache<Shared> configs_;
};

}  // namespace kefu::gateway::directory
