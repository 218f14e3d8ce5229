#include "gateway/upstream/append_link.h"

#include <absl/container/flat_hash_map.h>

#include <functional>
#include <utility>
#include <vector>

#include "gateway/upstream/append_queue.h"
#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using inquiries::v1::AppendItem;
using inquiries::v1::AppendResponse;
using inquiries::v1::AppendResult;
using inquiries::v1::AppendStreamRequest;
using inquiries::v1::AppendStreamResponse;
using inquiries::v1::ConversationService;
using Answer = absl::StatusOr<AppendResponse>;
using Done = std::function<void(Answer)>;

// How exactly deadlines are kept.
constexpr int64_t kTickMs = 20;
constexpr int64_t kUnaryForMs = 30'000;

Answer AnswerOf(AppendResult result) {
  if (result.has_response()) return std::move(*result.mutable_response());
  const inquiries::v1::AppendFailure& failure = result.failure();
  return DecodeRpcStatus(static_cast<absl::StatusCode>(failure.code()), failure.message(),
                         failure.details());
}

absl::Status Broken() {
  return Error(absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE",
               "A service is not reachable; retry with the same request_id.");
}

absl::Status Overdue() {
  return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
               "A service did not answer in time; retry with the same request_id.");
}

absl::Status Full() {
  constexpr int64_t kRetryDelayMs = 500;
  return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_APPENDS",
                              "Too many messages wait to be stored; send it again in a moment."),
                        kRetryDelayMs);
}

}  // namespace

// Owned by gRPC until OnDone.
class AppendLink::Stream final
    : public grpc::ClientBidiReactor<AppendStreamRequest, AppendStreamResponse>,
      public std::enable_shared_from_this<AppendLink::Stream> {
 public:
  explicit Stream(AppendLink& link)
      : link_(link), stub_(ConversationService::NewStub(link.channel_)) {}

  void Begin() {
    absl::MutexLock lock(&mutex_);
    self_ = shared_from_this();
    stub_->async()->AppendStream(&context_, this);
    AddHold();  // writes begin outside of gRPC's callbacks
    StartRead(&read_);
    StartCall();
  }

  // False: it takes no more, and `done` is as it was.
  bool Push(AppendItem& item, int64_t deadline_ms, Done& done) {
    absl::ReleasableMutexLock lock(&mutex_);
    if (over_ || retired_) return false;
    item.set_call(++last_call_);
    const uint64_t call = last_call_;
    if (queue_.Push(std::move(item), deadline_ms)) {
      calls_.emplace(call, Call{std::move(done), deadline_ms, MonotonicMs()});
      Proceed();
      return true;
    }
    lock.Release();
    done(Full());
    return true;
  }

  // True for the one who is to call Expire from time to time, until that says false.
  bool BeginWatch() {
    absl::MutexLock lock(&mutex_);
    return !std::exchange(watched_, true);
  }

  bool Expire(int64_t now_ms) {
    std::vector<Done> overdue;
    {
      absl::MutexLock lock(&mutex_);
      bool stalled = false;
      for (auto call = calls_.begin(); call != calls_.end();) {
        if (call->second.deadline_ms > now_ms) {
          ++call;
          continue;
        }
        stalled |= last_answer_ms_ <= call->second.since_ms;
        overdue.push_back(std::move(call->second.done));
        calls_.erase(call++);
      }
      // Others should not wait for it as long.
      if (stalled) context_.TryCancel();
      watched_ = !calls_.empty();
      if (!watched_ && overdue.empty()) return false;
    }
    for (const Done& done : overdue) done(Overdue());
    absl::MutexLock lock(&mutex_);
    return watched_;
  }

  // Takes no more, and ends when everything is answered.
  void Retire() {
    absl::MutexLock lock(&mutex_);
    retired_ = true;
    Proceed();
  }

  bool over() {
    absl::MutexLock lock(&mutex_);
    return over_;
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    std::vector<std::pair<Done, Answer>> answers;
    {
      absl::MutexLock lock(&mutex_);
      if (ok) {
        answers = Answers();
        StartRead(&read_);
        Proceed();
      } else {
        over_ = true;
      }
    }
    for (auto& [done, answer] : answers) done(std::move(answer));
    if (!ok) RemoveHold();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (ok) Proceed();
  }

  void OnDone(const grpc::Status& status) override {
    absl::flat_hash_map<uint64_t, Call> left;
    {
      absl::MutexLock lock(&mutex_);
      over_ = true;
      left.swap(calls_);
    }
    const bool unimplemented = status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
    for (auto& [id, call] : left) {
      call.done(unimplemented ? absl::UnimplementedError("AppendStream") : Broken());
    }
    left.clear();
    std::shared_ptr<Stream> self;
    {
      absl::MutexLock lock(&mutex_);
      self.swap(self_);
    }
    link_.Gone(this, unimplemented);
  }

 private:
  struct Call {
    Done done;
    int64_t deadline_ms = 0;
    int64_t since_ms = 0;
  };

  std::vector<std::pair<Done, Answer>> Answers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::vector<std::pair<Done, Answer>> answers;
    last_answer_ms_ = MonotonicMs();
    for (AppendResult& result : *read_.mutable_results()) {
      queue_.Answered(result.call());
      const auto call = calls_.find(result.call());
      if (call == calls_.end()) continue;  // overdue
      answers.emplace_back(std::move(call->second.done), AnswerOf(std::move(result)));
      calls_.erase(call);
    }
    return answers;
  }

  // gRPC calls back from its own threads, never from within.
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (over_ || writing_) return;
    batch_.Clear();
    if (queue_.Take(MonotonicMs(), &batch_)) {
      writing_ = true;
      StartWrite(&batch_);
    } else if (retired_ && !closed_ && queue_.waiting() + queue_.under_way() == 0) {
      closed_ = true;
      StartWritesDone();
    }
  }

  AppendLink& link_;
  const std::unique_ptr<ConversationService::Stub> stub_;
  grpc::ClientContext context_;
  AppendStreamResponse read_;
  absl::Mutex mutex_;
  std::shared_ptr<Stream> self_ ABSL_GUARDED_BY(mutex_);
  AppendQueue queue_ ABSL_GUARDED_BY(mutex_){AppendQueue::Limits()};
  absl::flat_hash_map<uint64_t, Call> calls_ ABSL_GUARDED_BY(mutex_);
  AppendStreamRequest batch_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_call_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_answer_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool watched_ ABSL_GUARDED_BY(mutex_) = false;
  bool retired_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
};

AppendLink::AppendLink(server::ChannelPtr channel, int64_t stream_age_ms)
    : channel_(std::move(channel)), stream_age_ms_(stream_age_ms) {}

AppendLink::~AppendLink() { Stop(); }

Task<absl::StatusOr<AppendResponse>> AppendLink::Append(server::CallScope scope,
                                                        inquiries::v1::AppendRequest request) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  const int64_t deadline_ms = MonotonicMs() + server::PassedOnMs(scope);
  AppendItem item;
  item.set_traceparent(std::move(scope.trace.traceparent));
  *item.mutable_append() = std::move(request);
  co_return co_await AwaitCallback<Answer>([&](Done done) {
    // A stream that ends between the two lines is followed by a new one.
    std::shared_ptr<Stream> stream;
    do {
      stream = Current();
      if (stream == nullptr) return done(Broken());
    } while (!stream->Push(item, deadline_ms, done));
    if (stream->BeginWatch()) Spawn(executor, Watch(std::move(stream)));
  });
}

Task<> AppendLink::Watch(std::shared_ptr<Stream> stream) {
  bool goes_on = true;
  while (goes_on) {
    co_await SleepMs(kTickMs);
    goes_on = stream->Expire(MonotonicMs());
  }
}

bool AppendLink::streams() const {
  absl::MutexLock lock(&mutex_);
  return MonotonicMs() >= unary_until_ms_;
}

std::shared_ptr<AppendLink::Stream> AppendLink::Current() {
  absl::MutexLock lock(&mutex_);
  if (stopped_) return nullptr;
  const int64_t now_ms = MonotonicMs();
  if (current_ != nullptr && (current_->over() || now_ms - opened_ms_ >= stream_age_ms_)) {
    current_->Retire();
    current_.reset();
  }
  if (current_ == nullptr) {
    current_ = std::make_shared<Stream>(*this);
    opened_ms_ = now_ms;
    streams_.insert(current_.get());
    current_->Begin();
  }
  return current_;
}

void AppendLink::Gone(Stream* stream, bool unimplemented) {
  absl::MutexLock lock(&mutex_);
  if (unimplemented) unary_until_ms_ = MonotonicMs() + kUnaryForMs;
  streams_.erase(stream);
}

void AppendLink::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  current_.reset();
  for (Stream* stream : streams_) stream->Cancel();
  mutex_.Await(absl::Condition(
      +[](absl::flat_hash_set<Stream*>* streams) { return streams->empty(); }, &streams_));
}

}  // namespace kefu::gateway
