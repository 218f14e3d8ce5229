// Hears what other processes publish (events/publisher.h). One socket connected to all publishers,
// on its own thread. Threads: all methods from any thread; `handler` runs on the subscriber's
// thread and must not block.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::events {

class Subscriber {
 public:
  // Topic (with its NUL) and envelope; valid during the call only.
  using Handler = std::function<void(std::string_view topic, std::string_view envelope)>;

  static absl::StatusOr<std::unique_ptr<Subscriber>> Connect(
      const std::vector<std::string>& endpoints, Handler handler);
  ~Subscriber();

  // Asynchronous: notices published shortly after may still be missed. Counted: a topic is left
  // when every Subscribe was undone.
  void Subscribe(std::string topic);
  void Unsubscribe(std::string topic);

 private:
  struct State;
  explicit Subscriber(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kefu::events
