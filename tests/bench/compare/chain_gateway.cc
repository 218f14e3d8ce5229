// The chain's gateway: calls go on to the service, events to the streams of those they are for.
#include <absl/synchronization/mutex.h>

#include <deque>
#include <thread>
#include <unordered_map>
#include <utility>
#include <zmq.hpp>

#include "tests/bench/compare/chain.h"

namespace kefu::bench {
namespace {

// Calls of the thread that reads events and of gRPC's meet here.
class Listener final : public grpc::ServerWriteReactor<SayRequest> {
 public:
  explicit Listener(std::function<void()> gone) : gone_(std::move(gone)) {
    StartSendInitialMetadata();
  }

  void Show(SayRequest said) {
    absl::MutexLock lock(&mutex_);
    waiting_.push_back(std::move(said));
    if (waiting_.size() == 1) StartWrite(&waiting_.front());
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    if (!ok) return;
    waiting_.pop_front();
    if (!waiting_.empty()) StartWrite(&waiting_.front());
  }

  void OnCancel() override {
    gone_();
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  const std::function<void()> gone_;
  absl::Mutex mutex_;
  // The first one is being written.
  std::deque<SayRequest> waiting_ ABSL_GUARDED_BY(mutex_);
};

class Gateway final : public Chain::CallbackService {
 public:
  Gateway(const std::string& service, const std::string& events)
      : stub_(Chain::NewStub(grpc::CreateChannel(service, grpc::InsecureChannelCredentials()))),
        socket_(context_, zmq::socket_type::sub) {
    socket_.set(zmq::sockopt::subscribe, "");
    socket_.connect(events);
    reader_ = std::thread([this] { Read(); });
  }

  grpc::ServerUnaryReactor* Say(grpc::CallbackServerContext* context, const SayRequest* request,
                                SayResponse* response) override {
    auto* const reactor = context->DefaultReactor();
    auto* const upstream = new grpc::ClientContext;
    upstream->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(3));
    stub_->async()->Say(upstream, request, response, [reactor, upstream](grpc::Status status) {
      delete upstream;
      reactor->Finish(std::move(status));
    });
    return reactor;
  }

  grpc::ServerWriteReactor<SayRequest>* Listen(grpc::CallbackServerContext*,
                                               const ListenRequest* request) override {
    const std::string name = request->name();
    auto* const listener = new Listener([this, name] {
      absl::MutexLock lock(&mutex_);
      listeners_.erase(name);
    });
    absl::MutexLock lock(&mutex_);
    listeners_[name] = listener;
    return listener;
  }

 private:
  // An event is the name that it is for, then the message.
  void Read() {
    zmq::message_t topic;
    zmq::message_t body;
    while (socket_.recv(topic) && socket_.recv(body)) {
      SayRequest said;
      if (!said.ParseFromArray(body.data(), static_cast<int>(body.size()))) continue;
      absl::MutexLock lock(&mutex_);
      const auto found = listeners_.find(topic.to_string());
      if (found != listeners_.end()) found->second->Show(std::move(said));
    }
  }

  const std::unique_ptr<Chain::Stub> stub_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  absl::Mutex mutex_;
  std::unordered_map<std::string, Listener*> listeners_ ABSL_GUARDED_BY(mutex_);
  std::thread reader_;
};

}  // namespace

std::unique_ptr<Chain::CallbackService> MakeChainGateway(const std::string& service,
                                                         const std::string& events) {
  return std::make_unique<Gateway>(service, events);
}

}  // namespace kefu::bench
