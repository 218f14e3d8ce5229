// The chain's service: a message goes to Redis, is published, then acknowledged. The thread of the
// connection to Redis owns the connection and the socket of the events.
#include <absl/synchronization/mutex.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "tests/bench/compare/chain.h"

namespace kefu::bench {
namespace {

struct Append {
  const SayRequest* request;
  SayResponse* response;
  grpc::ServerUnaryReactor* reactor;
  zmq::socket_t* events;
};

void OnReply(redisAsyncContext*, void* reply, void* data) {
  const std::unique_ptr<Append> append(static_cast<Append*>(data));
  const auto* const answer = static_cast<redisReply*>(reply);
  if (answer == nullptr || answer->type != REDIS_REPLY_STRING) {
    append->reactor->Finish({grpc::StatusCode::UNAVAILABLE, "not stored"});
    return;
  }
  append->response->set_place(answer->str, answer->len);
  append->events->send(zmq::buffer(append->request->to()), zmq::send_flags::sndmore);
  append->events->send(zmq::message_t(append->request->SerializeAsString()), zmq::send_flags::none);
  append->reactor->Finish(grpc::Status::OK);
}

class Service final : public Chain::CallbackService {
 public:
  Service(const std::string& redis, const std::string& events)
      : socket_(context_, zmq::socket_type::pub),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    socket_.bind(events);
    redis_ = redisAsyncConnectUnix(redis.c_str());
    if (redis_ == nullptr || redis_->err != 0) std::abort();
    redis_->ev.data = this;
    redis_->ev.addWrite = AddWrite;
    redis_->ev.delWrite = DelWrite;
    for (const int fd : {wake_, redis_->c.fd}) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fd;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
    thread_ = std::thread([this] { Loop(); });
  }

  grpc::ServerUnaryReactor* Say(grpc::CallbackServerContext* context, const SayRequest* request,
                                SayResponse* response) override {
    auto* const reactor = context->DefaultReactor();
    bool was_empty = false;
    {
      absl::MutexLock lock(&mutex_);
      was_empty = queue_.empty();
      queue_.push_back(new Append{request, response, reactor, &socket_});
    }
    if (was_empty) eventfd_write(wake_, 1);
    return reactor;
  }

 private:
  // It is always read.
  static void AddWrite(void* data) { static_cast<Service*>(data)->Watch(EPOLLIN | EPOLLOUT); }
  static void DelWrite(void* data) { static_cast<Service*>(data)->Watch(EPOLLIN); }

  void Watch(uint32_t events) {
    if (std::exchange(watched_, events) == events) return;
    epoll_event event{};
    event.events = events;
    event.data.fd = redis_->c.fd;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, redis_->c.fd, &event);
  }

  void Loop() {
    for (;;) {
      std::array<epoll_event, 2> events;
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == wake_) {
          TakeQueue();
        } else {
          if ((events[i].events & ~static_cast<uint32_t>(EPOLLOUT)) != 0)
            redisAsyncHandleRead(redis_);
          if ((events[i].events & EPOLLOUT) != 0) redisAsyncHandleWrite(redis_);
        }
      }
    }
  }

  void TakeQueue() {
    eventfd_t ignored;
    eventfd_read(wake_, &ignored);
    std::vector<Append*> taken;
    {
      absl::MutexLock lock(&mutex_);
      taken.swap(queue_);
    }
    for (Append* append : taken) {
      const SayRequest& request = *append->request;
      redisAsyncCommand(redis_, OnReply, append, "XADD %b * id %b text %b", request.to().data(),
                        request.to().size(), request.id().data(), request.id().size(),
                        request.text().data(), request.text().size());
    }
  }

  zmq::context_t context_;
  zmq::socket_t socket_;
  const int epoll_;
  const int wake_;
  redisAsyncContext* redis_ = nullptr;
  uint32_t watched_ = EPOLLIN;
  absl::Mutex mutex_;
  std::vector<Append*> queue_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Chain::CallbackService> MakeChainService(const std::string& redis,
                                                         const std::string& events) {
  return std::make_unique<Service>(redis, events);
}

}  // namespace kefu::bench
