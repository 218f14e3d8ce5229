// Comparisons beside other work: each on a thread of its own, which gives way to all others, with a
// store of its own. One at a time.
//
//   BackgroundComparisons comparisons("redis-server");
//   auto running = comparisons.Start(std::move(experiment));   // RESOURCE_EXHAUSTED
//   … running->arrived, running->result() …
//   running->stop = true;   // or drop everything
//
// Threads: any.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "gateway/routing/simulation/comparison.h"

namespace kefu::gateway::routing::simulation {

class BackgroundComparison {
 public:
  std::atomic<bool> stop{false};
  // Sessions that have come so far, of all repetitions and policies.
  std::atomic<uint64_t> arrived{0};

  // Absent: it is going on.
  std::optional<absl::StatusOr<Comparison>> result() const;
  void Finish(absl::StatusOr<Comparison> result);

 private:
  mutable absl::Mutex mutex_;
  std::optional<absl::StatusOr<Comparison>> result_ ABSL_GUARDED_BY(mutex_);
};

class BackgroundComparisons {
 public:
  explicit BackgroundComparisons(std::string redis_server)
      : redis_server_(std::move(redis_server)) {}
  // Stops what is going on.
  ~BackgroundComparisons();

  // RESOURCE_EXHAUSTED SIMULATION_RUNNING.
  absl::StatusOr<std::shared_ptr<BackgroundComparison>> Start(Experiment experiment);

 private:
  const std::string redis_server_;
  absl::Mutex mutex_;
  std::shared_ptr<BackgroundComparison> running_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::routing::simulation
