// The gateway's live streams: who listens to what, fed by the notices of all processes.
//
// Of a shop's queue, which changes with every session and which everybody hears, the streams are
// told how it stands: once a second at most, in whatever order the notices came, and when somebody
// begins to listen. It is read once for all of them.
//
// Listening to a topic subscribes the gateway to it; since that is asynchronous and notices may be
// lost, the hub also compares heads: 200 ms and 1 s after a stream began to listen to a
// conversation and every 5 s from then on, in batches per shop. Threads: all methods from any
// thread. Notices arrive on the subscriber's thread; comparisons run on `executor`.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/streams/inbox.h"
#include "gateway/upstream/inquiries_client.h"
#include "services/common/base/ids.h"
#include "services/common/events/subscriber.h"
#include "services/common/metrics/metrics.h"

namespace kefu::gateway::streams {

class Hub {
 public:
  // A topic that someone beside the streams listens to.
  using TopicHandler = std::function<void(std::string_view topic, std::string_view envelope)>;

  using ReadQueue = std::function<Task<absl::StatusOr<v1::QueueState>>(ShopId)>;

  Hub(InquiriesClient& inquiries, ReadQueue read_queue, metrics::Metrics& metrics);
  ~Hub();

  absl::Status Start(const std::vector<std::string>& endpoints, Executor executor);
  // Tells every stream to say goodbye.
  void Drain();
  void Stop();

  // Every Listen needs its Leave.
  void ListenConversation(const ShopId& shop, const ConversationId& conversation,
                          const std::shared_ptr<Inbox>& inbox);
  void LeaveConversation(const ShopId& shop, const ConversationId& conversation,
                         const std::shared_ptr<Inbox>& inbox);
  // `name` as in events::Topic: an agent id, "queue".
  void Listen(const ShopId& shop, std::string_view name, const std::shared_ptr<Inbox>& inbox);
  void Leave(const ShopId& shop, std::string_view name, const std::shared_ptr<Inbox>& inbox);
  // To every stream of this gateway that listens to the topic.
  void PushLocal(const ShopId& shop, std::string_view name, NoticePtr notice);

  // From now on, or from Start on, every notice of the topic goes to the handler too, on the
  // subscriber's thread.
  void Watch(const std::string& topic, TopicHandler handler);

  // For Drain and metrics: streams come and go.
  void Opened(const std::shared_ptr<Inbox>& inbox);
  void Closed(const std::shared_ptr<Inbox>& inbox);

 private:
  struct Listeners {
    std::vector<std::shared_ptr<Inbox>> inboxes;
    // When the next periodic comparison is due; 0 for topics that are no conversation.
    int64_t periodic_at = 0;
    // Of a queue: whose it is, when it was last read to be told, and whether it is being read.
    std::optional<ShopId> queue_of;
    int64_t told_ms = 0;
    bool reading = false;

    void Tell(const NoticePtr& notice) const;
  };
  // A conversation whose head is to be compared.
  struct Check {
    ShopId shop;
    std::string conversation;
    bool periodic = false;
  };

  void Add(const std::string& topic, const std::shared_ptr<Inbox>& inbox);
  void Remove(const std::string& topic, const std::shared_ptr<Inbox>& inbox);
  void OnNotice(std::string_view topic, std::string_view envelope);
  // Reads and tells the queues that changed.
  Task<> TellQueues();
  std::vector<ShopId> TakeDueQueues();
  Task<> TellQueue(ShopId shop);
  Task<> CompareHeads();
  // By shop.
  std::map<ShopId, std::vector<std::string>> TakeDueChecks();
  Task<> CompareHeadsOf(ShopId shop, std::vector<std::string> conversations);

  InquiriesClient& inquiries_;
  const ReadQueue read_queue_;
  metrics::Gauge& streams_open_;
  metrics::Counter& notices_;
  absl::Mutex mutex_;
  std::unordered_map<std::string, Listeners> topics_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, TopicHandler, std::less<>> watches_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> changed_queues_ ABSL_GUARDED_BY(mutex_);  // topics
  std::multimap<int64_t, Check> checks_ ABSL_GUARDED_BY(mutex_);  // by MonotonicMs()
  std::set<std::shared_ptr<Inbox>> open_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<events::Subscriber> subscriber_;
};

}  // namespace kefu::gateway::streams
