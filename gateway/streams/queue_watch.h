// How often the queue of each shop has changed, as far as this gateway heard. Streams of buyers who
// wait compare the count once a second, instead of being woken by every change of a busy shop.
// Threads: thread-safe.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>

#include "gateway/streams/hub.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::streams {

class QueueWatch {
 public:
  // Shared by the handler of the topic and by streams, whichever lives longer.
  using Count = std::shared_ptr<std::atomic<uint64_t>>;

  // `hub` outlives it.
  explicit QueueWatch(Hub& hub) : hub_(hub) {}

  Count Of(const ShopId& shop);

 private:
  Hub& hub_;
  absl::Mutex mutex_;
  std::map<ShopId, Count> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::gateway::streams
