// The directory's changes as a log that other services read: source "directory".
//
// com.kefu.agent.updated.v1 (AgentUpdated) for every change of an agent, filled in when it is read;
// com.kefu.directory.changed.v1 for the rest. A snapshot shows every agent. What belongs to no shop
// (people, the list of shops) is not in it.
#pragma once

#include <memory>
#include <string_view>

#include "services/common/events/outbox.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/shard_map.h"

namespace kefu::gateway::directory {

inline constexpr char kDirectorySource[] = "directory";
inline constexpr std::string_view kAgentUpdated = "com.kefu.agent.updated.v1";

// Both outlive it.
std::unique_ptr<events::Outbox> NewDirectoryOutbox(redis::ShardMap& shards,
                                                   redis::AggregateStore& store);

}  // namespace kefu::gateway::directory
