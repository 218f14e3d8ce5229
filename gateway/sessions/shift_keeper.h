// Ends shifts: when the business hours that stand for an agent's shift end, and the agent is still
// ONLINE or BUSY, it is HUNG_UP: keeps its sessions, gets no more.
//
// Only the end of a shift does that, and each end once. An agent who goes ONLINE again, or comes
// outside the shift, works until the next end. Which ends were dealt with is stored, so it does not
// matter which gateway looks, nor when (within a day); if one dies in the middle, the next does it
// again.
// Threads: thread-safe. Errors: those of the store and of what it calls.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/routing/config/plan.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregates.h"

namespace kefu::gateway::sessions {

// The last end in (since, now] of hours that are over now; none if they are open, or did not end.
std::optional<TimePoint> EndedSince(const routing::config::Hours& hours, TimePoint since,
                                    TimePoint now);

class ShiftKeeper {
 public:
  struct Worker {
    AgentId agent;
    // The business hours of its shifts; may be empty.
    std::string hours;
  };
  struct Deps {
    std::function<Task<absl::StatusOr<std::shared_ptr<const routing::config::Plan>>>(ShopId)>
        plan_of;
    std::function<Task<absl::StatusOr<std::vector<Worker>>>(ShopId)> list_workers;
    // Harmless for agents who are not there.
    std::function<Task<absl::Status>(ShopId, AgentId)> hang_up;
    redis::Aggregates& store;
    const Clock& clock;
  };
  explicit ShiftKeeper(Deps deps) : deps_(std::move(deps)) {}

  // To be called every few seconds. Nothing is read before hours change.
  Task<absl::Status> Settle(ShopId shop);

 private:
  // Hours -> when they ended.
  using Ends = std::map<std::string, int64_t>;
  struct Looked {
    uint64_t plan_version = 0;
    int64_t again_at_ms = 0;
  };

  bool IsDue(const ShopId& shop, const routing::config::Plan& plan, TimePoint now);
  Task<absl::StatusOr<Ends>> Unsettled(ShopId shop, Ends ends);
  Task<absl::Status> MarkSettled(ShopId shop, Ends ends);

  const Deps deps_;
  absl::Mutex mutex_;
  std::map<ShopId, Looked> looked_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::sessions
