// Routing's changes of ownership as a log that other services read: source "routing".
//
// com.kefu.session.routed.v1 (SessionRouted) for every entry of the routing log. A snapshot shows
// the sessions that live; closed ones are inquiries'. The epoch is that of the shop's store, the
// same as the directory's.
#pragma once

#include <memory>
#include <string_view>

#include "gateway/routing/router.h"
#include "services/common/base/clock.h"
#include "services/common/events/outbox.h"
#include "services/common/events/stored_log.h"
#include "services/common/redis/shard_map.h"

namespace kefu::gateway::routing {

inline constexpr char kRoutingSource[] = "routing";
inline constexpr std::string_view kSessionRouted = "com.kefu.session.routed.v1";

// All outlive it. `list_shops`: those with a routing log, e.g. AggregateStore::ListShops over the
// directory's index. `test_clock` is heard only by the library that tests load.
std::unique_ptr<events::Outbox> NewRoutingOutbox(redis::ShardMap& shards, Router& router,
                                                 events::StoredLog::ListShops list_shops,
                                                 const Clock* test_clock = nullptr);

}  // namespace kefu::gateway::routing
