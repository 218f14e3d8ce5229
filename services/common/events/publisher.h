// Tells the other processes what was committed, over ZeroMQ PUB. Loses messages by nature:
// subscribers repair gaps from the log.
//
// Topics end with NUL, because subscriptions match prefixes:
//   <shop>/<conversation>\0   entries, marks, typing, routing of one conversation
//   <shop>/<agent>\0          what concerns one agent
//   <shop>/queue\0, <shop>/directory\0
//   */log:<source>\0          an event of any shop as it stands in the log of <source>; without
//                             data it only says that the log grew to its seq: read it
// Frames: topic, serialised kefu.events.v1.Envelope.
// Threads: Publish may be called from any thread; the socket is owned by an internal mutex and
// never blocks.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>

namespace kefu::events {

std::string Topic(std::string_view shop, std::string_view name);

class Publisher {
 public:
  // Binds "tcp://127.0.0.1:5561" or "ipc:///path"; port 0 or "*" picks one, see endpoint().
  static absl::StatusOr<std::unique_ptr<Publisher>> Bind(const std::string& endpoint);
  ~Publisher();

  void Publish(std::string_view topic, std::string_view envelope);
  const std::string& endpoint() const { return endpoint_; }

 private:
  struct Socket;
  Publisher(std::unique_ptr<Socket> socket, std::string endpoint);
  std::unique_ptr<Socket> socket_;
  std::string endpoint_;
};

}  // namespace kefu::events
