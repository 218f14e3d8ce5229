#include "services/common/events/publisher.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <zmq.hpp>

#include "services/common/base/status.h"

namespace kefu::events {
namespace {

// A subscriber that does not read loses notices beyond this many, and repairs the gap from the log.
constexpr int kHighWaterMark = 1000;

}  // namespace

std::string Topic(std::string_view shop, std::string_view name) {
  std::string topic;
  topic.reserve(shop.size() + name.size() + 2);
  topic.append(shop).append("/").append(name).push_back('\0');
  return topic;
}

struct Publisher::Socket {
  zmq::context_t context;
  absl::Mutex mutex;
  zmq::socket_t socket ABSL_GUARDED_BY(mutex){context, zmq::socket_type::pub};
};

Publisher::Publisher(std::unique_ptr<Socket> socket, std::string endpoint)
    : socket_(std::move(socket)), endpoint_(std::move(endpoint)) {}

Publisher::~Publisher() = default;

absl::StatusOr<std::unique_ptr<Publisher>> Publisher::Bind(const std::string& endpoint) {
  auto socket = std::make_unique<Socket>();
  std::string bound;
  try {
    absl::MutexLock lock(&socket->mutex);
    socket->socket.set(zmq::sockopt::sndhwm, kHighWaterMark);
    socket->socket.set(zmq::sockopt::linger, 0);
    socket->socket.bind(endpoint);
    bound = socket->socket.get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& error) {
    return Error(absl::StatusCode::kUnavailable, "EVENTS_BIND",
                 "Cannot bind the events socket to " + endpoint + ": " + error.what());
  }
  return std::unique_ptr<Publisher>(new Publisher(std::move(socket), std::move(bound)));
}

void Publisher::Publish(std::string_view topic, std::string_view envelope) {
  absl::MutexLock lock(&socket_->mutex);
  // PUB never blocks; what cannot be queued is dropped, as designed.
  socket_->socket.send(zmq::buffer(topic), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  socket_->socket.send(zmq::buffer(envelope), zmq::send_flags::dontwait);
}

}  // namespace kefu::events
