// Redis itself: one command in RESP, shown when it is acknowledged.
#include <optional>
#include <string>
#include <utility>

#include "tests/bench/compare/load/client.h"

namespace kefu::bench {
namespace {

class RedisClient final : public Client {
 public:
  RedisClient(const Person& person, int turn, Events events)
      : events_(std::move(events)), wire_(Open(person.address, turn)) {
    if (!person.send.empty()) template_.emplace(person.send);
    wire_.Listen([this, peer = person.peer](std::string_view bytes) { OnBytes(peer, bytes); });
  }

  void Send(int sender, uint64_t number) override {
    number_ = number;
    wire_.Write(template_->Fill(sender, number));
  }

 private:
  // XADD answers "$15", then the entry's id.
  void OnBytes(int peer, std::string_view bytes) {
    answer_ += bytes;
    if (!answer_.ends_with("\r\n") || answer_.find("\r\n") + 2 == answer_.size()) {
      if (answer_.starts_with('-')) throw Failure("Redis refused: " + answer_);
      return;
    }
    answer_.clear();
    events_.shown(peer, number_);
    events_.acknowledged(true);
  }

  Events events_;
  Wire& wire_;
  std::optional<Template> template_;
  uint64_t number_ = 0;
  std::string answer_;
};

}  // namespace

std::unique_ptr<Client> MakeRedisClient(const Person& person, int turn, Events events) {
  return std::make_unique<RedisClient>(person, turn, std::move(events));
}

}  // namespace kefu::bench
