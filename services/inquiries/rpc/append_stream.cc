#include "services/inquiries/rpc/append_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/trace.h"

namespace kefu::inquiries::rpc {
namespace {

// Of one stream: beyond this it is not read until answers have left. Twice what a gateway has under
// way, so that it holds up only those who keep to no bounds.
constexpr size_t kMaxUnanswered = 2048;
constexpr int64_t kMaxRemainingMs = 60'000;

server::CallScope ScopeOf(const v1::AppendItem& item) {
  server::CallScope scope;
  scope.trace.traceparent = TraceparentOrNew(item.traceparent());
  scope.trace.request_id = item.append().request_id();
  scope.deadline_ms = MonotonicMs() + std::clamp<int64_t>(item.remaining_ms(), 0, kMaxRemainingMs);
  return scope;
}

void SetFailure(const absl::Status& status, v1::AppendResult* result) {
  v1::AppendFailure& failure = *result->mutable_failure();
  failure.set_code(static_cast<int>(status.code()));
  failure.set_message(std::string(status.message()));
  failure.set_details(EncodeRpcStatus(status));
}

}  // namespace

// Owned by gRPC (until OnDone) and by the items that are being carried out.
class AppendStreams::Stream final : public Reactor,
                                    public std::enable_shared_from_this<AppendStreams::Stream> {
 public:
  Stream(AppendStreams& all, server::IoThreads& io, const Handler& handler)
      : all_(&all), io_(io), handler_(handler) {}

  void Begin() {
    absl::MutexLock lock(&mutex_);
    self_ = shared_from_this();
    StartSendInitialMetadata();
    Proceed();
  }

  void End() {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    Proceed();
  }

  void OnReadDone(bool ok) override {
    if (ok) CarryOut();
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (!ok) ending_ = true;
    Proceed();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) broken_ = true;
    Proceed();
  }

  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    broken_ = true;
    Proceed();
  }

  void OnDone() override {
    {
      absl::MutexLock lock(&all_->mutex_);
      all_->streams_.erase(this);
    }
    std::shared_ptr<Stream> self;
    absl::MutexLock lock(&mutex_);
    self.swap(self_);  // which goes after the lock
  }

 private:
  // One wake-up of one loop for the whole batch.
  void CarryOut() {
    auto batch = std::make_shared<v1::AppendStreamRequest>();
    batch->Swap(&read_);
    {
      absl::MutexLock lock(&mutex_);
      unanswered_ += static_cast<size_t>(batch->items_size());
    }
    Executor executor = io_.Next();
    boost::asio::post(executor, [self = shared_from_this(), executor, batch] {
      for (const v1::AppendItem& item : batch->items()) Spawn(executor, Run(self, batch, item));
    });
  }

  static Task<> Run(std::shared_ptr<Stream> self, std::shared_ptr<v1::AppendStreamRequest>,
                    const v1::AppendItem& item) {
    v1::AppendResult result;
    result.set_call(item.call());
    const absl::Status status =
        co_await self->handler_(ScopeOf(item), item.append(), *result.mutable_response());
    if (!status.ok()) SetFailure(status, &result);
    absl::MutexLock lock(&self->mutex_);
    --self->unanswered_;
    *self->ready_.add_results() = std::move(result);
    self->Proceed();
  }

  // Begins whatever may begin now. gRPC calls back from its own threads, never from within.
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_) return;
    if (!broken_ && !writing_ && ready_.results_size() > 0) {
      writing_ = true;
      written_.Clear();
      written_.Swap(&ready_);
      StartWrite(&written_);
    }
    if (broken_ || (ending_ && unanswered_ == 0 && !writing_)) {
      finished_ = true;
      Finish(grpc::Status::OK);
    } else if (!ending_ && !reading_ && unanswered_ < kMaxUnanswered) {
      reading_ = true;
      StartRead(&read_);
    }
  }

  AppendStreams* const all_;
  server::IoThreads& io_;
  const Handler handler_;
  v1::AppendStreamRequest read_;
  absl::Mutex mutex_;
  std::shared_ptr<Stream> self_ ABSL_GUARDED_BY(mutex_);
  v1::AppendStreamResponse ready_ ABSL_GUARDED_BY(mutex_);
  v1::AppendStreamResponse written_ ABSL_GUARDED_BY(mutex_);
  size_t unanswered_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

AppendStreams::AppendStreams(server::IoThreads& io, Handler handler)
    : io_(io), handler_(std::move(handler)) {}

AppendStreams::~AppendStreams() = default;

AppendStreams::Reactor* AppendStreams::Open() {
  auto stream = std::make_shared<Stream>(*this, io_, handler_);
  bool ending = false;
  {
    absl::MutexLock lock(&mutex_);
    streams_.insert(stream.get());
    ending = ending_;
  }
  stream->Begin();
  if (ending) stream->End();
  return stream.get();
}

void AppendStreams::End() {
  absl::MutexLock lock(&mutex_);
  ending_ = true;
  // OnDone takes itself out under this lock, so that all of these are there.
  for (Stream* stream : streams_) stream->End();
}

}  // namespace kefu::inquiries::rpc
