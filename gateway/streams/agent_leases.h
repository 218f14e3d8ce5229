// Keeps the leases of all agents connected to this gateway alive (every 10 s), and notices what
// their streams missed: every 5 s it compares the agents' versions and pokes the streams that are
// behind.
//
// Several streams of one agent, here or on other gateways, are one agent: whoever finds that a
// newer connection has raised the incarnation adopts it. Threads: Add and Remove from any thread;
// the rest on `executor`.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/routing/router.h"
#include "gateway/streams/inbox.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::streams {

class AgentLeases {
 public:
  // The lease had lapsed although a stream is open: connect the agent again.
  using Reconnect = std::function<Task<>(ShopId, AgentId)>;

  AgentLeases(routing::Router& router, Reconnect reconnect, int64_t heartbeat_ms = 10'000);

  void Start(Executor executor);
  void Add(const ShopId& shop, const AgentId& agent, uint64_t incarnation,
           const std::shared_ptr<Inbox>& inbox);
  void Remove(const ShopId& shop, const AgentId& agent, const std::shared_ptr<Inbox>& inbox);
  // The version that the agent's streams have shown.
  void Shown(const ShopId& shop, const AgentId& agent, uint64_t version);

 private:
  struct Connected {
    uint64_t incarnation = 0;
    uint64_t version = 0;
    std::vector<std::shared_ptr<Inbox>> inboxes;
  };
  using Agents = std::map<AgentId, Connected>;

  Task<> Loop();
  std::map<ShopId, Agents> Copy();
  Task<> Renew(ShopId shop, Agents agents);
  Task<> Adopt(ShopId shop, AgentId agent);
  Task<> CompareVersions(ShopId shop, Agents agents);

  routing::Router& router_;
  const Reconnect reconnect_;
  const int64_t heartbeat_ms_;
  absl::Mutex mutex_;
  std::map<ShopId, Agents> shops_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::streams
