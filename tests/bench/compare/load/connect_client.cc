// Connect over HTTP/1.1, as a browser has it: one connection with the stream, one kept alive for
// the calls.
#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "tests/bench/compare/load/client.h"

namespace kefu::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

std::string Request(const Person& person, const std::string& path, std::string_view type,
                    const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: " + person.address +
         "\r\nContent-Type: " + std::string(type) + "\r\nConnect-Protocol-Version: 1\r\n" +
         "Authorization: Bearer " + person.token +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool HasHead(std::string_view bytes) { return bytes.find(kHeadEnd) != std::string_view::npos; }

// Takes the chunks apart; the envelopes within need not be, for a mark is known wherever it stands.
class Chunks {
 public:
  template <typename OnData>
  void Feed(std::string_view bytes, const OnData& on_data) {
    while (!bytes.empty()) {
      if (left_ == 0) {
        ReadSize(&bytes);
        continue;
      }
      const std::string_view data = bytes.substr(0, left_);
      on_data(data);
      left_ -= data.size();
      bytes.remove_prefix(data.size());
    }
  }

 private:
  // A chunk's line, maybe in pieces, after the end of the chunk before.
  void ReadSize(std::string_view* bytes) {
    const size_t end = bytes->find('\n');
    const size_t count = end == std::string_view::npos ? bytes->size() : end + 1;
    line_ += bytes->substr(0, count);
    bytes->remove_prefix(count);
    if (end == std::string_view::npos) return;
    if (line_ != "\r\n") {
      std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
      if (left_ == 0) throw Failure("a stream ended");
    }
    line_.clear();
  }

  std::string line_;
  size_t left_ = 0;
};

class ConnectClientImpl final : public Client {
 public:
  ConnectClientImpl(const Person& person, int turn, Events events)
      : events_(std::move(events)),
        finder_(events_.shown),
        template_(Request(person, person.send_path, "application/proto", person.send)) {
    Wire& stream = Open(person.address, turn);
    stream.Write(Request(person, person.listen_path, "application/connect+proto", person.listen));
    const std::string head = stream.AwaitUntil(HasHead);
    if (!head.starts_with("HTTP/1.1 200")) throw Failure("no stream: " + head);
    OnStream(std::string_view(head).substr(head.find(kHeadEnd) + kHeadEnd.size()));
    stream.Listen([this](std::string_view bytes) { OnStream(bytes); });
    if (person.send_path.empty()) return;
    calls_ = &Open(person.address, turn);
    calls_->Listen([this](std::string_view bytes) { OnAnswer(bytes); });
  }

  void Send(int sender, uint64_t number) override { calls_->Write(template_.Fill(sender, number)); }

 private:
  void OnStream(std::string_view bytes) {
    chunks_.Feed(bytes, [this](std::string_view data) { finder_.Feed(data); });
  }

  void OnAnswer(std::string_view bytes) {
    answer_ += bytes;
    const size_t head = answer_.find(kHeadEnd);
    if (head == std::string::npos) return;
    if (answer_.size() < head + kHeadEnd.size() + BodySize(answer_.substr(0, head))) return;
    const bool accepted = answer_.starts_with("HTTP/1.1 200");
    answer_.clear();
    events_.acknowledged(accepted);
  }

  static size_t BodySize(std::string head) {
    std::transform(head.begin(), head.end(), head.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    constexpr std::string_view kName = "content-length: ";
    const size_t at = head.find(kName);
    if (at == std::string::npos) throw Failure("an answer without a length: " + head);
    return std::stoul(head.substr(at + kName.size()));
  }

  Events events_;
  MarkFinder finder_;
  Template template_;
  Chunks chunks_;
  Wire* calls_ = nullptr;
  std::string answer_;
};

}  // namespace

std::unique_ptr<Client> MakeConnectClient(const Person& person, int turn, Events events) {
  return std::make_unique<ConnectClientImpl>(person, turn, std::move(events));
}

}  // namespace kefu::bench
