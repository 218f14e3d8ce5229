#include "services/common/redis/connection.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::redis {
namespace {

// While the store is down this many requests wait for it until their deadlines; more are refused at
// once.
constexpr size_t kMaxWaiting = 10'000;
constexpr int64_t kFirstBackoffMs = 20;
constexpr int64_t kMaxBackoffMs = 500;
constexpr int64_t kConnectWithinMs = 2000;

Value ToValue(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return Value(static_cast<int64_t>(reply.integer));
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      return Value(std::string(reply.str, static_cast<size_t>(reply.len)));
    case REDIS_REPLY_ARRAY: {
      Value::Array array;
      array.reserve(reply.elements);
      for (size_t i = 0; i < reply.elements; ++i) array.push_back(ToValue(*reply.element[i]));
      return Value(std::move(array));
    }
    default:
      return Value();
  }
}

absl::StatusOr<Value> ToResult(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ERROR) return ToValue(reply);
  const std::string_view text(reply.str, static_cast<size_t>(reply.len));
  // Refused before execution, for a reason that passes.
  for (const std::string_view prefix :
       {"LOADING", "MISCONF", "READONLY", "BUSY", "OOM", "MASTERDOWN"}) {
    if (text.substr(0, prefix.size()) == prefix) {
      return Error(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                   "The store takes no writes at the moment; try again.",
                   {{"store", std::string(text)}});
    }
  }
  return Error(absl::StatusCode::kInternal, "STORE_ERROR", text);
}

}  // namespace

struct Client::Connection::Hooks {
  static Connection& Of(const redisAsyncContext* context) {
    return *static_cast<Connection*>(context->data);
  }
  static Connection& OfEvents(void* data) { return *static_cast<Connection*>(data); }

  static void AddRead(void* data) {
    OfEvents(data).Watch(OfEvents(data).watched_events_ | EPOLLIN);
  }
  static void DelRead(void* data) {
    OfEvents(data).Watch(OfEvents(data).watched_events_ & ~EPOLLIN);
  }
  static void AddWrite(void* data) { OfEvents(data).wants_write_ = true; }
  static void DelWrite(void* data) { OfEvents(data).wants_write_ = false; }
  static void Cleanup(void* data) {
    OfEvents(data).wants_write_ = false;
    OfEvents(data).Watch(0);
  }
  static void Connected(const redisAsyncContext* context, int status) {
    Of(context).OnConnected(status == REDIS_OK);
  }
  static void Disconnected(const redisAsyncContext* context, int) { Of(context).OnDown(); }
  static void Reply(redisAsyncContext* context, void* reply, void*) { Of(context).OnReply(reply); }
  static void Authenticated(redisAsyncContext* context, void* reply, void*) {
    const auto* answer = static_cast<redisReply*>(reply);
    if (answer != nullptr && answer->type == REDIS_REPLY_ERROR) {
      log::Error("store refused the credentials", {{"store", answer->str}});
      redisAsyncDisconnect(context);
    }
  }
};

Client::Connection::Connection(Endpoint endpoint) : endpoint_(std::move(endpoint)) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
  thread_ = std::thread([this] { Loop(); });
}

Client::Connection::~Connection() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  eventfd_write(wake_, 1);
  thread_.join();
  close(wake_);
  close(epoll_);
}

void Client::Connection::Send(Command command, int64_t deadline_ms, Callback done) {
  bool was_empty = false;
  {
    absl::MutexLock lock(&mutex_);
    was_empty = queue_.empty();
    queue_.push_back({std::move(command), deadline_ms, std::move(done)});
  }
  if (was_empty) eventfd_write(wake_, 1);
}

void Client::Connection::Loop() {
  while (!stop_seen_) {
    if (state_ == State::kDown && MonotonicMs() >= reconnect_at_ms_) Connect();
    Flush();
    std::array<epoll_event, 4> events;
    const int64_t wait_ms = std::clamp<int64_t>(NextWakeMs() - MonotonicMs(), 0, 1000);
    const int count = epoll_wait(epoll_, events.data(), events.size(), static_cast<int>(wait_ms));
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == wake_) {
        eventfd_t ignored;
        eventfd_read(wake_, &ignored);
        TakeQueue();
        continue;
      }
      // Either handler may free the context, so look again before the second.
      if (context_ != nullptr && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        redisAsyncHandleRead(context_);
      if (context_ != nullptr && (events[i].events & EPOLLOUT)) redisAsyncHandleWrite(context_);
    }
    ExpireConnecting();
    ExpireOverdue();
  }
  Break();
  for (Request& request : waiting_)
    Fail(std::move(request), "STORE_UNAVAILABLE", "The process is stopping.");
  waiting_.clear();
}

void Client::Connection::TakeQueue() {
  std::vector<Request> taken;
  {
    absl::MutexLock lock(&mutex_);
    taken.swap(queue_);
    stop_seen_ = stopping_;
  }
  for (Request& request : taken) {
    if (state_ == State::kReady) {
      Submit(std::move(request));
    } else if (waiting_.size() < kMaxWaiting) {
      waiting_.push_back(std::move(request));
    } else {
      Fail(std::move(request), "STORE_UNAVAILABLE", "The store cannot be reached; try again.");
    }
  }
}

void Client::Connection::Flush() {
  // May free the context. While it connects, hiredis takes any call for the connection's success.
  if (wants_write_ && state_ == State::kReady) redisAsyncHandleWrite(context_);
  if (context_ == nullptr) return;
  Watch(wants_write_ ? watched_events_ | EPOLLOUT : watched_events_ & ~uint32_t{EPOLLOUT});
}

void Client::Connection::FlushWaiting() {
  std::deque<Request> waiting;
  waiting.swap(waiting_);
  for (Request& request : waiting) Submit(std::move(request));
}

void Client::Connection::Submit(Request request) {
  std::vector<const char*> arguments;
  std::vector<size_t> lengths;
  arguments.reserve(request.command.size());
  lengths.reserve(request.command.size());
  for (const std::string& argument : request.command) {
    arguments.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  const int sent =
      redisAsyncCommandArgv(context_, Hooks::Reply, nullptr, static_cast<int>(arguments.size()),
                            arguments.data(), lengths.data());
  if (sent != REDIS_OK) {
    Fail(std::move(request), "STORE_UNAVAILABLE", "The store cannot be reached; try again.");
    return;
  }
  request.command.clear();
  in_flight_.push_back(std::move(request));
}

void Client::Connection::Connect() {
  state_ = State::kConnecting;
  connect_by_ms_ = MonotonicMs() + kConnectWithinMs;
  constexpr std::string_view kUnix = "unix:";
  const std::string& address = endpoint_.address;
  if (address.compare(0, kUnix.size(), kUnix) == 0) {
    context_ = redisAsyncConnectUnix(address.c_str() + kUnix.size());
  } else {
    const size_t colon = address.rfind(':');
    const int port = colon == std::string::npos ? 6379 : std::atoi(address.c_str() + colon + 1);
    context_ = redisAsyncConnect(address.substr(0, colon).c_str(), port);
  }
  if (context_ == nullptr || context_->err != 0) {
    if (context_ != nullptr) redisAsyncFree(std::exchange(context_, nullptr));
    OnDown();
    return;
  }
  context_->data = this;
  context_->ev.data = this;
  context_->ev.addRead = Hooks::AddRead;
  context_->ev.delRead = Hooks::DelRead;
  context_->ev.addWrite = Hooks::AddWrite;
  context_->ev.delWrite = Hooks::DelWrite;
  context_->ev.cleanup = Hooks::Cleanup;
  redisAsyncSetDisconnectCallback(context_, Hooks::Disconnected);
  redisAsyncSetConnectCallback(context_, Hooks::Connected);  // also begins to watch for writing
}

void Client::Connection::OnConnected(bool connected) {
  if (!connected) {
    context_ = nullptr;  // hiredis frees it
    OnDown();
    return;
  }
  if (!endpoint_.user.empty()) {
    redisAsyncCommand(context_, Hooks::Authenticated, nullptr, "AUTH %b %b", endpoint_.user.data(),
                      endpoint_.user.size(), endpoint_.password.data(), endpoint_.password.size());
  }
  state_ = State::kReady;
  FlushWaiting();
}

void Client::Connection::OnReply(void* reply) {
  if (in_flight_.empty()) return;
  Request request = std::move(in_flight_.front());
  in_flight_.pop_front();
  if (reply == nullptr) {
    Fail(std::move(request), "OUTCOME_UNKNOWN",
         "The store was lost before it answered; retry with the same request_id.");
    return;
  }
  backoff_ms_ = 0;  // only an answer shows that the connection is worth something
  request.done(ToResult(*static_cast<redisReply*>(reply)));
}

void Client::Connection::OnDown() {
  context_ = nullptr;
  state_ = State::kDown;
  backoff_ms_ = std::clamp(backoff_ms_ * 2, kFirstBackoffMs, kMaxBackoffMs);
  reconnect_at_ms_ = MonotonicMs() + backoff_ms_;
}

void Client::Connection::Break() {
  if (context_ == nullptr) return;
  // Runs every pending callback with a null reply, then OnDown.
  redisAsyncFree(context_);
  context_ = nullptr;
  state_ = State::kDown;
}

void Client::Connection::ExpireConnecting() {
  if (state_ != State::kConnecting || MonotonicMs() < connect_by_ms_) return;
  Break();
  OnDown();
}

void Client::Connection::ExpireOverdue() {
  const int64_t now = MonotonicMs();
  // Deadlines are nearly in order, since most calls ask for the same time; a later front only
  // delays the notice.
  if (!in_flight_.empty() && in_flight_.front().deadline_ms <= now) {
    log::Warn("store did not answer in time", {{"in_flight", in_flight_.size()}});
    Break();
  }
  const auto overdue = [now](const Request& request) { return request.deadline_ms <= now; };
  if (std::none_of(waiting_.begin(), waiting_.end(), overdue)) return;
  std::deque<Request> waiting;
  waiting.swap(waiting_);
  for (Request& request : waiting) {
    if (overdue(request)) {
      Fail(std::move(request), "STORE_UNAVAILABLE", "The store cannot be reached; try again.");
    } else {
      waiting_.push_back(std::move(request));
    }
  }
}

int64_t Client::Connection::NextWakeMs() const {
  int64_t next = MonotonicMs() + 1000;
  if (!in_flight_.empty()) next = std::min(next, in_flight_.front().deadline_ms);
  if (!waiting_.empty()) next = std::min(next, waiting_.front().deadline_ms);
  if (state_ == State::kDown) next = std::min(next, reconnect_at_ms_);
  if (state_ == State::kConnecting) next = std::min(next, connect_by_ms_);
  return next;
}

void Client::Connection::Watch(uint32_t events) {
  const int socket = context_ == nullptr ? watched_socket_ : context_->c.fd;
  if (socket < 0 || (socket == watched_socket_ && events == watched_events_)) return;
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  if (events == 0) {
    if (watched_events_ != 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
    watched_socket_ = -1;
  } else {
    epoll_ctl(epoll_, watched_events_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
    watched_socket_ = socket;
  }
  watched_events_ = events;
}

void Client::Connection::Fail(Request request, const char* reason, const char* message) {
  request.done(Error(absl::StatusCode::kUnavailable, reason, message));
}

}  // namespace kefu::redis
