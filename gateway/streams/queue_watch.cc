#include "gateway/streams/queue_watch.h"

#include "gateway/streams/notice.h"
#include "services/common/events/publisher.h"

namespace kefu::gateway::streams {

QueueWatch::Count QueueWatch::Of(const ShopId& shop) {
  Count count;
  {
    absl::MutexLock lock(&mutex_);
    Count& known = counts_[shop];
    if (known != nullptr) return known;
    known = std::make_shared<std::atomic<uint64_t>>(0);
    count = known;
  }
  hub_.Watch(events::Topic(shop.str(), kQueueTopic),
             [count](std::string_view, std::string_view) { ++*count; });
  return count;
}

}  // namespace kefu::gateway::streams
