// Does a thing for every shop, again and again, sixteen shops beside each other: one that takes
// long holds up neither the others nor their next round, it is only left out of that.
//
// Threads: the executor of `tasks`, which outlives it.
#pragma once

#include <deque>
#include <functional>
#include <set>
#include <vector>

#include "services/common/base/ids.h"
#include "services/common/base/task_group.h"

namespace kefu::host {

class ShopRounds {
 public:
  using Serve = std::function<Task<>(ShopId)>;

  ShopRounds(TaskGroup& tasks, Serve serve) : tasks_(tasks), serve_(std::move(serve)) {}

  // Nothing, as long as shops of the last round wait for their turn.
  void Begin(const std::vector<ShopId>& shops);

 private:
  Task<> ServeWaiting();

  TaskGroup& tasks_;
  const Serve serve_;
  std::deque<ShopId> waiting_;
  std::set<ShopId> busy_;
  size_t servers_ = 0;
};

}  // namespace kefu::host
