#include "services/common/events/subscriber.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <array>
#include <map>
#include <thread>
#include <utility>
#include <zmq.hpp>

#include "services/common/base/status.h"

namespace kefu::events {
namespace {

// Seconds. A subscriber says nothing, so only this tells it that a publisher's host is gone, and
// not merely silent: after half a minute it connects anew.
constexpr int kAskAfter = 15, kAskEvery = 5, kAskTimes = 3;

}  // namespace

// The SUB socket belongs to the thread. Other threads send it commands through an inproc pair: 'S'
// or 'U' and the topic, or 'Q' to stop.
struct Subscriber::State {
  zmq::context_t context;
  zmq::socket_t subscription{context, zmq::socket_type::sub};
  zmq::socket_t commands_in{context, zmq::socket_type::pair};
  absl::Mutex mutex;
  zmq::socket_t commands_out ABSL_GUARDED_BY(mutex){context, zmq::socket_type::pair};
  std::map<std::string, int> counts ABSL_GUARDED_BY(mutex);
  Handler handler;
  std::thread thread;

  void Command(char kind, const std::string& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    commands_out.send(zmq::buffer(std::string(1, kind) + topic), zmq::send_flags::none);
  }

  void Loop() {
    std::array<zmq::pollitem_t, 2> items = {
        {{subscription.handle(), 0, ZMQ_POLLIN, 0}, {commands_in.handle(), 0, ZMQ_POLLIN, 0}}};
    while (true) {
      zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
      if ((items[1].revents & ZMQ_POLLIN) && !TakeCommands()) return;
      if (items[0].revents & ZMQ_POLLIN) TakeNotices();
    }
  }

  // False: stop.
  bool TakeCommands() {
    zmq::message_t command;
    while (commands_in.recv(command, zmq::recv_flags::dontwait)) {
      const std::string text = command.to_string();
      if (text[0] == 'Q') return false;
      if (text[0] == 'S') subscription.set(zmq::sockopt::subscribe, text.substr(1));
      if (text[0] == 'U') subscription.set(zmq::sockopt::unsubscribe, text.substr(1));
    }
    return true;
  }

  void TakeNotices() {
    zmq::message_t topic;
    zmq::message_t envelope;
    // A bound, so that commands are seen under a flood too.
    for (int i = 0; i < 256 && subscription.recv(topic, zmq::recv_flags::dontwait); ++i) {
      if (!topic.more() || !subscription.recv(envelope)) continue;
      handler({topic.data<char>(), topic.size()}, {envelope.data<char>(), envelope.size()});
      while (envelope.more() && subscription.recv(envelope)) {
      }
    }
  }
};

Subscriber::Subscriber(std::unique_ptr<State> state) : state_(std::move(state)) {}

absl::StatusOr<std::unique_ptr<Subscriber>> Subscriber::Connect(
    const std::vector<std::string>& endpoints, Handler handler) {
  auto state = std::make_unique<State>();
  state->handler = std::move(handler);
  try {
    state->commands_in.bind("inproc://commands");
    {
      absl::MutexLock lock(&state->mutex);
      state->commands_out.connect("inproc://commands");
    }
    state->subscription.set(zmq::sockopt::linger, 0);
    state->subscription.set(zmq::sockopt::reconnect_ivl, 50);
    state->subscription.set(zmq::sockopt::reconnect_ivl_max, 500);
    state->subscription.set(zmq::sockopt::tcp_keepalive, 1);
    state->subscription.set(zmq::sockopt::tcp_keepalive_idle, kAskAfter);
    state->subscription.set(zmq::sockopt::tcp_keepalive_intvl, kAskEvery);
    state->subscription.set(zmq::sockopt::tcp_keepalive_cnt, kAskTimes);
    for (const std::string& endpoint : endpoints) state->subscription.connect(endpoint);
  } catch (const zmq::error_t& error) {
    return Error(
        absl::StatusCode::kInvalidArgument, "EVENTS_CONNECT",
        std::string("Cannot connect to the publishers; check events.subscribe: ") + error.what());
  }
  State* raw = state.get();
  state->thread = std::thread([raw] { raw->Loop(); });
  return std::unique_ptr<Subscriber>(new Subscriber(std::move(state)));
}

Subscriber::~Subscriber() {
  {
    absl::MutexLock lock(&state_->mutex);
    state_->Command('Q', "");
  }
  state_->thread.join();
}

void Subscriber::Subscribe(std::string topic) {
  absl::MutexLock lock(&state_->mutex);
  if (++state_->counts[topic] == 1) state_->Command('S', topic);
}

void Subscriber::Unsubscribe(std::string topic) {
  absl::MutexLock lock(&state_->mutex);
  const auto found = state_->counts.find(topic);
  if (found == state_->counts.end()) return;
  if (--found->second > 0) return;
  state_->counts.erase(found);
  state_->Command('U', topic);
}

}  // namespace kefu::events
