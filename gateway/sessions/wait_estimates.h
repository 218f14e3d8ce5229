// What buyers who wait are told of how long it will take, from routing's figures: the board, a
// second old at most, and what the end of its log shows of the last assignments and closes, fifteen
// seconds old at most. So however many wait, a shop's log and board are read that seldom by a
// gateway. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "gateway/directory/stale_cache.h"
#include "gateway/routing/router.h"
#include "gateway/sessions/wait_range.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"

namespace kefu::gateway::sessions {

class WaitEstimates {
 public:
  // Both outlive it.
  WaitEstimates(routing::Router& router, const Clock& clock);

  // None if nothing is known.
  Task<std::optional<WaitRange>> Of(ShopId shop, std::string group, uint32_t ahead);

 private:
  using Board = std::map<std::string, routing::GroupFigures>;
  using Times = std::map<std::string, ServiceTimes>;
  // Shared with those who read while it is replaced.
  Task<absl::StatusOr<std::shared_ptr<const Board>>> BoardOf(ShopId shop);
  Task<absl::StatusOr<std::shared_ptr<const Times>>> TimesOf(ShopId shop);

  routing::Router& router_;
  const Clock& clock_;
  directory::StaleCache<std::shared_ptr<const Board>> boards_;
  directory::StaleCache<std::shared_ptr<const Times>> times_;
};

}  // namespace kefu::gateway::sessions
