// The board of a shop: routing's figures by group, with the groups' names, and all agents.
//
// Those who watch the same shop in this gateway share what was read: 1 s old at most, and never
// older than the change that one of them heard of. Thread-safe. Errors: those of routing and of the
// directory.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>

#include "gateway/rpc/session_parts.h"
#include "gateway/sessions/routing_plans.h"
#include "proto/kefu/gateway/v1/board.pb.h"

namespace kefu::gateway {

class BoardReader {
 public:
  using Shared = std::shared_ptr<const v1::Board>;

  BoardReader(SessionParts parts, sessions::RoutingPlans& plans)
      : parts_(std::move(parts)), plans_(plans) {}

  // As it is at `not_before_ms` (MonotonicMs) or later.
  Task<absl::StatusOr<Shared>> Read(ShopId shop, int64_t not_before_ms);

 private:
  struct Kept {
    Shared board;
    int64_t began_ms = 0;
  };
  Task<absl::StatusOr<Shared>> ReadNow(ShopId shop);

  const SessionParts parts_;
  sessions::RoutingPlans& plans_;
  absl::Mutex mutex_;
  // Of shops that somebody watches, or asked for a moment ago.
  std::map<ShopId, Kept> kept_ ABSL_GUARDED_BY(mutex_);
};

// The plan's groups in its order, then those that still have something though they are no more.
v1::Board ToBoard(const routing::config::Plan& plan,
                  const std::map<std::string, routing::GroupFigures>& figures);

}  // namespace kefu::gateway
