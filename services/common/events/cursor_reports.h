// Tells a publisher how far its log was read, so that it may trim: every three seconds what moved,
// and once in ten minutes what stands still, so that it is not forgotten.
//
// Threads: the executor of `tasks`. `link` outlives it.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/task_group.h"
#include "services/common/events/source_link.h"

namespace kefu::events {

class CursorReports {
 public:
  // Where this process stands in the shops that it looks after.
  using Positions = std::function<std::vector<std::pair<ShopId, redis::Cursor>>()>;

  CursorReports(std::string consumer, SourceLink& link, Positions positions)
      : consumer_(std::move(consumer)), link_(link), positions_(std::move(positions)) {}

  Task<> Run(TaskGroup& tasks);

 private:
  struct Told {
    redis::Cursor cursor;
    int64_t ms = 0;
  };

  Task<absl::Status> Report(TaskGroup& tasks);

  const std::string consumer_;
  SourceLink& link_;
  const Positions positions_;
  std::map<ShopId, Told> told_;
};

}  // namespace kefu::events
