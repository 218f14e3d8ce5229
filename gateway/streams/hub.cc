#include "gateway/streams/hub.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/events/publisher.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::streams {
namespace {

constexpr int64_t kTickMs = 100;
constexpr int64_t kFirstCheckMs = 200;
constexpr int64_t kSecondCheckMs = 1000;
constexpr int64_t kCheckEveryMs = 5000;
constexpr size_t kMaxHeadsPerCall = 500;
constexpr int64_t kQueueEveryMs = 1000;

}  // namespace

Hub::Hub(InquiriesClient& inquiries, ReadQueue read_queue, metrics::Metrics& metrics)
    : inquiries_(inquiries),
      read_queue_(std::move(read_queue)),
      streams_open_(
          metrics.AddGauge("kefu_gateway_streams_open", "Live streams of buyers and agents.")),
      notices_(
          metrics.AddCounter("kefu_gateway_notices_total", "Notices heard from all processes.")) {}

Hub::~Hub() { Stop(); }

absl::Status Hub::Start(const std::vector<std::string>& endpoints, Executor executor) {
  KEFU_ASSIGN_OR_RETURN(subscriber_,
                        events::Subscriber::Connect(
                            endpoints, [this](std::string_view topic, std::string_view envelope) {
                              OnNotice(topic, envelope);
                            }));
  std::vector<std::string> watched;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [topic, handler] : watches_) watched.push_back(topic);
  }
  for (std::string& topic : watched) subscriber_->Subscribe(std::move(topic));
  Spawn(executor, CompareHeads());
  Spawn(executor, TellQueues());
  return absl::OkStatus();
}

void Hub::Drain() {
  std::set<std::shared_ptr<Inbox>> open;
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    open = open_;
  }
  for (const auto& inbox : open) inbox->Close(/*goodbye=*/true);
}

void Hub::Stop() { subscriber_.reset(); }

void Hub::Opened(const std::shared_ptr<Inbox>& inbox) {
  absl::MutexLock lock(&mutex_);
  open_.insert(inbox);
  streams_open_.Set(static_cast<double>(open_.size()));
  if (draining_) inbox->Close(/*goodbye=*/true);
}

void Hub::Closed(const std::shared_ptr<Inbox>& inbox) {
  absl::MutexLock lock(&mutex_);
  open_.erase(inbox);
  streams_open_.Set(static_cast<double>(open_.size()));
}

void Hub::Add(const std::string& topic, const std::shared_ptr<Inbox>& inbox) {
  {
    absl::MutexLock lock(&mutex_);
    topics_[topic].inboxes.push_back(inbox);
  }
  subscriber_->Subscribe(topic);
}

void Hub::Remove(const std::string& topic, const std::shared_ptr<Inbox>& inbox) {
  {
    absl::MutexLock lock(&mutex_);
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return;
    auto& inboxes = found->second.inboxes;
    const auto listener = std::find(inboxes.begin(), inboxes.end(), inbox);
    if (listener == inboxes.end()) return;
    inboxes.erase(listener);
    if (inboxes.empty()) topics_.erase(found);
  }
  if (subscriber_) subscriber_->Unsubscribe(topic);
}

void Hub::ListenConversation(const ShopId& shop, const ConversationId& conversation,
                             const std::shared_ptr<Inbox>& inbox) {
  const std::string topic = events::Topic(shop.str(), conversation.str());
  Add(topic, inbox);
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  Check check{shop, conversation.str()};
  checks_.emplace(now + kFirstCheckMs, check);
  checks_.emplace(now + kSecondCheckMs, check);
  const auto listeners = topics_.find(topic);
  if (listeners == topics_.end() || listeners->second.periodic_at != 0) return;
  listeners->second.periodic_at = now + kCheckEveryMs;
  check.periodic = true;
  checks_.emplace(now + kCheckEveryMs, std::move(check));
}

void Hub::LeaveConversation(const ShopId& shop, const ConversationId& conversation,
                            const std::shared_ptr<Inbox>& inbox) {
  Remove(events::Topic(shop.str(), conversation.str()), inbox);
}

void Hub::Listen(const ShopId& shop, std::string_view name, const std::shared_ptr<Inbox>& inbox) {
  const std::string topic = events::Topic(shop.str(), name);
  Add(topic, inbox);
  if (name != kQueueTopic) return;
  absl::MutexLock lock(&mutex_);
  const auto listeners = topics_.find(topic);
  if (listeners == topics_.end()) return;
  listeners->second.queue_of = shop;
  changed_queues_.insert(topic);
}

void Hub::Leave(const ShopId& shop, std::string_view name, const std::shared_ptr<Inbox>& inbox) {
  Remove(events::Topic(shop.str(), name), inbox);
}

void Hub::Watch(const std::string& topic, TopicHandler handler) {
  {
    absl::MutexLock lock(&mutex_);
    if (!watches_.emplace(topic, std::move(handler)).second) return;
  }
  if (subscriber_) subscriber_->Subscribe(topic);
}

void Hub::PushLocal(const ShopId& shop, std::string_view name, NoticePtr notice) {
  absl::MutexLock lock(&mutex_);
  const auto listeners = topics_.find(events::Topic(shop.str(), name));
  if (listeners == topics_.end()) return;
  listeners->second.Tell(notice);
}

void Hub::Listeners::Tell(const NoticePtr& notice) const {
  for (const auto& inbox : inboxes) inbox->Push(notice);
}

Task<> Hub::TellQueues() {
  const Executor executor = co_await boost::asio::this_coro::executor;
  while (true) {
    co_await SleepMs(kTickMs);
    for (ShopId& shop : TakeDueQueues()) Spawn(executor, TellQueue(std::move(shop)));
  }
}

std::vector<ShopId> Hub::TakeDueQueues() {
  std::vector<ShopId> due;
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  for (auto topic = changed_queues_.begin(); topic != changed_queues_.end();) {
    const auto found = topics_.find(*topic);
    if (found == topics_.end()) {
      topic = changed_queues_.erase(topic);
      continue;
    }
    Listeners& queue = found->second;
    if (queue.reading || now < queue.told_ms + kQueueEveryMs) {
      ++topic;
      continue;
    }
    queue.told_ms = now;
    queue.reading = true;
    due.push_back(*queue.queue_of);
    topic = changed_queues_.erase(topic);
  }
  return due;
}

Task<> Hub::TellQueue(ShopId shop) {
  const absl::StatusOr<v1::QueueState> queue = co_await read_queue_(shop);
  if (!queue.ok()) {
    log::Warn("a queue could not be read to be told",
              {{"shop", shop.str()}, {"reason", ErrorReason(queue.status())}});
  }
  const std::string topic = events::Topic(shop.str(), kQueueTopic);
  absl::MutexLock lock(&mutex_);
  const auto found = topics_.find(topic);
  if (found == topics_.end()) co_return;
  found->second.reading = false;
  if (!queue.ok()) {
    changed_queues_.insert(topic);
    co_return;
  }
  auto notice = std::make_shared<Notice>();
  notice->body = *queue;
  found->second.Tell(notice);
}

void Hub::OnNotice(std::string_view topic, std::string_view envelope) {
  notices_.Increment();
  std::vector<std::shared_ptr<Inbox>> inboxes;
  TopicHandler watch;
  {
    absl::MutexLock lock(&mutex_);
    if (const auto listeners = topics_.find(std::string(topic)); listeners != topics_.end()) {
      if (listeners->second.queue_of) {
        changed_queues_.insert(listeners->first);
      } else {
        inboxes = listeners->second.inboxes;
      }
    }
    if (const auto found = watches_.find(topic); found != watches_.end()) watch = found->second;
  }
  if (watch) watch(topic, envelope);
  if (inboxes.empty()) return;
  NoticePtr notice = DecodeNotice(envelope);
  if (!notice) return;
  for (const auto& inbox : inboxes) inbox->Push(notice);
}

Task<> Hub::CompareHeads() {
  while (true) {
    co_await SleepMs(kTickMs);
    for (auto& [shop, conversations] : TakeDueChecks()) {
      co_await CompareHeadsOf(shop, std::move(conversations));
    }
  }
}

std::map<ShopId, std::vector<std::string>> Hub::TakeDueChecks() {
  std::map<ShopId, std::vector<std::string>> due;
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  while (!checks_.empty() && checks_.begin()->first <= now) {
    const int64_t due_at = checks_.begin()->first;
    Check check = std::move(checks_.begin()->second);
    checks_.erase(checks_.begin());
    const auto listeners = topics_.find(events::Topic(check.shop.str(), check.conversation));
    if (listeners == topics_.end()) continue;
    due[check.shop].push_back(check.conversation);
    // Of a listener that left and came back only the newest chain goes on.
    if (!check.periodic || listeners->second.periodic_at != due_at) continue;
    listeners->second.periodic_at = now + kCheckEveryMs;
    checks_.emplace(now + kCheckEveryMs, std::move(check));
  }
  return due;
}

Task<> Hub::CompareHeadsOf(ShopId shop, std::vector<std::string> conversations) {
  for (size_t begin = 0; begin < conversations.size(); begin += kMaxHeadsPerCall) {
    inquiries::v1::BatchGetHeadsRequest request;
    request.set_shop(shop.str());
    const size_t end = std::min(conversations.size(), begin + kMaxHeadsPerCall);
    for (size_t i = begin; i < end; ++i) request.add_conversations(conversations[i]);
    server::CallScope scope;
    scope.trace.traceparent = TraceparentOrNew("");
    scope.deadline_ms = MonotonicMs() + 1000;
    absl::StatusOr<inquiries::v1::BatchGetHeadsResponse> heads =
        co_await inquiries_.Call(&InquiriesClient::Conversations::BatchGetHeads, scope, request);
    if (!heads.ok()) {
      log::Warn("heads were not compared", {{"reason", ErrorReason(heads.status())}}, &scope.trace);
      co_return;
    }
    for (const auto& head : heads->heads()) {
      auto notice = std::make_shared<Notice>();
      notice->store_epoch = heads->store_epoch();
      notice->body = HeadSeen{head.conversation(), head.head_seq()};
      PushLocal(shop, head.conversation(), std::move(notice));
    }
  }
}

}  // namespace kefu::gateway::streams
