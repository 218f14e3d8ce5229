#include "gateway/streams/agent_leases.h"

#include <algorithm>
#include <utility>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::streams {
namespace {

// Agents per call; a function must not hold the store for long.
constexpr size_t kBatch = 100;

}  // namespace

AgentLeases::AgentLeases(routing::Router& router, Reconnect reconnect, int64_t heartbeat_ms)
    : router_(router), reconnect_(std::move(reconnect)), heartbeat_ms_(heartbeat_ms) {}

void AgentLeases::Start(Executor executor) { Spawn(executor, Loop()); }

void AgentLeases::Add(const ShopId& shop, const AgentId& agent, uint64_t incarnation,
                      const std::shared_ptr<Inbox>& inbox) {
  absl::MutexLock lock(&mutex_);
  Connected& connected = shops_[shop][agent];
  connected.incarnation = std::max(connected.incarnation, incarnation);
  connected.inboxes.push_back(inbox);
}

void AgentLeases::Remove(const ShopId& shop, const AgentId& agent,
                         const std::shared_ptr<Inbox>& inbox) {
  absl::MutexLock lock(&mutex_);
  const auto agents = shops_.find(shop);
  if (agents == shops_.end()) return;
  const auto connected = agents->second.find(agent);
  if (connected == agents->second.end()) return;
  auto& inboxes = connected->second.inboxes;
  inboxes.erase(std::remove(inboxes.begin(), inboxes.end(), inbox), inboxes.end());
  if (!inboxes.empty()) return;
  agents->second.erase(connected);
  if (agents->second.empty()) shops_.erase(agents);
}

void AgentLeases::Shown(const ShopId& shop, const AgentId& agent, uint64_t version) {
  absl::MutexLock lock(&mutex_);
  const auto agents = shops_.find(shop);
  if (agents == shops_.end()) return;
  const auto connected = agents->second.find(agent);
  if (connected != agents->second.end())
    connected->second.version = std::max(connected->second.version, version);
}

std::map<ShopId, AgentLeases::Agents> AgentLeases::Copy() {
  absl::MutexLock lock(&mutex_);
  return shops_;
}

Task<> AgentLeases::Loop() {
  for (bool renew = true;; renew = !renew) {
    for (auto& [shop, agents] : Copy()) {
      if (renew) co_await Renew(shop, agents);
      co_await CompareVersions(shop, agents);
    }
    co_await SleepMs(heartbeat_ms_ / 2);
  }
}

Task<> AgentLeases::Renew(ShopId shop, Agents agents) {
  std::vector<std::pair<std::string, uint64_t>> batch;
  for (auto agent = agents.begin(); agent != agents.end();) {
    batch.emplace_back(agent->first.str(), agent->second.incarnation);
    if (++agent != agents.end() && batch.size() < kBatch) continue;
    absl::StatusOr<std::vector<std::string>> stale =
        co_await router_.Heartbeat(shop, std::move(batch));
    batch.clear();
    if (!stale.ok()) {
      log::Warn("leases were not renewed",
                {{"shop", shop.str()}, {"reason", ErrorReason(stale.status())}});
      co_return;
    }
    for (const std::string& name : *stale) {
      const absl::StatusOr<AgentId> id = AgentId::Parse(name);
      if (id.ok()) co_await Adopt(shop, *id);
    }
  }
}

Task<> AgentLeases::Adopt(ShopId shop, AgentId agent) {
  absl::StatusOr<routing::AgentSnapshot> snapshot = co_await router_.GetAgent(shop, agent);
  if (!snapshot.ok()) co_return;  // gone from the shop; its streams end by their own checks
  if (snapshot->agent.readiness() == v1::READINESS_SUSPECT) {
    co_await reconnect_(shop, agent);
    snapshot = co_await router_.GetAgent(shop, agent);
    if (!snapshot.ok()) co_return;
  }
  absl::MutexLock lock(&mutex_);
  const auto agents = shops_.find(shop);
  if (agents == shops_.end()) co_return;
  const auto connected = agents->second.find(agent);
  if (connected != agents->second.end())
    connected->second.incarnation = snapshot->agent.incarnation();
}

Task<> AgentLeases::CompareVersions(ShopId shop, Agents agents) {
  std::vector<std::string> names;
  for (const auto& [agent, connected] : agents) names.push_back(agent.str());
  absl::StatusOr<std::vector<uint64_t>> versions =
      co_await router_.GetAgentVersions(shop, std::move(names));
  if (!versions.ok()) co_return;  // compared again in a moment
  size_t index = 0;
  for (const auto& [agent, connected] : agents) {
    if (index >= versions->size()) co_return;
    if ((*versions)[index++] <= connected.version) continue;
    auto poke = std::make_shared<Notice>();
    poke->body = AgentPoke{};
    for (const auto& inbox : connected.inboxes) inbox->Push(poke);
  }
}

}  // namespace kefu::gateway::streams
