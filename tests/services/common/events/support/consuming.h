// A process that consumes, as tests of the Consumer need it: a loop of its own, a handler that the
// test says what to do, and a record of what had effect.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/events/consumer.h"
#include "services/common/events/publisher.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/grpc_server.h"
#include "services/common/server/io_threads.h"
#include "tests/support/eventually.h"
#include "tests/support/memory_cursors.h"
#include "tests/support/memory_log.h"

namespace kefu::test {

inline constexpr char kMade[] = "com.kefu.thing.made.v1";

// What the effects of all processes amount to. Thread-safe.
class Effects {
 public:
  // The effect and the move of the cursor as one step: whoever sees the cursor there sees the
  // effect, and effects stand in the order in which the cursor moved.
  absl::Status Add(MemoryCursors& cursors, const events::Delivery& delivery) {
    absl::MutexLock lock(&mutex_);
    if (const auto& move = delivery.move) {
      const absl::Status moved =
          cursors.AdvanceNow(delivery.shop, move->source, move->expected, move->next);
      if (!moved.ok()) return moved;
    }
    order_.push_back(delivery.envelope);
    return absl::OkStatus();
  }
  std::vector<events::v1::Envelope> All() const {
    absl::MutexLock lock(&mutex_);
    return order_;
  }
  size_t size() const { return All().size(); }
  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const auto& envelope : All()) ids.push_back(envelope.id());
    return ids;
  }
  std::vector<std::string> States() const {
    std::vector<std::string> states;
    for (const auto& envelope : All()) states.push_back(envelope.data());
    return states;
  }
  std::map<std::string, int> Counts() const {
    std::map<std::string, int> counts;
    for (const std::string& id : Ids()) ++counts[id];
    return counts;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<events::v1::Envelope> order_ ABSL_GUARDED_BY(mutex_);
};

// As a handler that commits.
inline Task<absl::StatusOr<events::Effect>> Commit(MemoryCursors& cursors, Effects& effects,
                                                   events::Delivery delivery) {
  const absl::Status added = effects.Add(cursors, delivery);
  if (!added.ok()) co_return added;
  co_return events::Effect::kCommitted;
}

// A source: a log in memory, its gRPC server, its notices.
class Publishing {
 public:
  explicit Publishing(std::string source) : source_(source), log(std::move(source)) {
    server_ = *server::GrpcServer::Start("127.0.0.1:0", {&log});
    publisher_ = *events::Publisher::Bind("tcp://127.0.0.1:0");
  }

  void Tell(const events::v1::Envelope& envelope) {
    publisher_->Publish(events::Topic("*", "log:" + source_), envelope.SerializeAsString());
  }
  events::Source source() const { return {source_, server::NewChannels({server_->address()})}; }
  const std::string& notices() const { return publisher_->endpoint(); }
  // The process dies and comes back; what is in the log is its store's affair.
  void RestartServer() {
    const std::string address = server_->address();
    server_.reset();
    server_ = *server::GrpcServer::Start(address, {&log});
  }

 private:
  const std::string source_;

 public:
  MemoryLog log;

 private:
  std::unique_ptr<server::GrpcServer> server_;
  std::unique_ptr<events::Publisher> publisher_;
};

class Consuming {
 public:
  Consuming(redis::CursorStore& cursors, const std::vector<Publishing*>& publishers,
            bool hears = true, int64_t compare_heads_ms = 20)
      : io_(std::make_unique<server::IoThreads>(1)) {
    events::ConsumerOptions options{.service = "records", .cursors = cursors};
    options.compare_heads_ms = compare_heads_ms;
    for (const Publishing* publisher : publishers) {
      options.sources.push_back(publisher->source());
      if (hears) options.subscribe.push_back(publisher->notices());
    }
    consumer_ = std::make_unique<events::Consumer>(std::move(options), metrics_);
  }
  ~Consuming() {
    if (consumer_ == nullptr) return;
    consumer_->Stop();
    Kill();
  }

  events::Consumer& consumer() { return *consumer_; }
  metrics::Metrics& metrics() { return metrics_; }
  Consuming& On(std::string source, std::string type, events::Handler handler) {
    consumer_->On(std::move(source), std::move(type), std::move(handler));
    return *this;
  }
  void Start() { consumer_->Start(io_->Next()); }
  void Stop() { consumer_->Stop(); }
  // Dies wherever its coroutines stand.
  void Kill() {
    io_->Stop();
    server::CallInFlight::AwaitNone(10'000);
    consumer_.reset();
    io_.reset();
  }

 private:
  metrics::Metrics metrics_;
  std::unique_ptr<server::IoThreads> io_;
  std::unique_ptr<events::Consumer> consumer_;
};

}  // namespace kefu::test
