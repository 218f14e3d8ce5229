// The gateway's live streams: who listens to what, fed by the notices of all processes.
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

  Hub(InquiriesClient& inquiries, metrics::Metrics& metrics);
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
  // `name` as in events::Topic: an agent id, "queue". Of the queue only the newest state is told,
  // at most once a second: it changes with every session, and everybody listens.
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
    // Only the newest notice matters: the one that was not told yet, and when the last one was.
    bool newest_only = false;
    NoticePtr newest;
    int64_t told_ms = 0;
    // The place in the log of the newest one, told or not, and when it came.
    uint64_t newest_seq = 0;
    int64_t newest_ms = 0;

    // For a second, since positions may begin anew where a store was restored.
    bool IsOvertaken(const Notice& notice, int64_t now_ms) const;
    void Tell(const NoticePtr& notice) const;
  };
  // A conversation whose head is to be compared.
  struct Check {
    ShopId shop;
    std::string conversation;
    bool periodic = false;
  };

  void Add(const std::string& topic, const std::shared_ptr<Inbox>& inbox, bool newest_only);
  void Remove(const std::string& topic, const std::shared_ptr<Inbox>& inbox);
  void OnNotice(std::string_view topic, std::string_view envelope);
  void TellNewest(const std::string& topic, NoticePtr notice);
  Task<> TellLate();
  Task<> CompareHeads();
  // By shop.
  std::map<ShopId, std::vector<std::string>> TakeDueChecks();
  Task<> CompareHeadsOf(ShopId shop, std::vector<std::string> conversations);

  InquiriesClient& inquiries_;
  metrics::Gauge& streams_open_;
  metrics::Counter& notices_;
  absl::Mutex mutex_;
  std::unordered_map<std::string, Listeners> topics_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, TopicHandler, std::less<>> watches_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> late_ ABSL_GUARDED_BY(mutex_);  // topics with a newest notice to be told
  std::multimap<int64_t, Check> checks_ ABSL_GUARDED_BY(mutex_);  // by MonotonicMs()
  std::set<std::shared_ptr<Inbox>> open_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<events::Subscriber> subscriber_;
};

}  // namespace kefu::gateway::streams
