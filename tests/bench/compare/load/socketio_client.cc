// socket.io (Engine.IO 4): one WebSocket, text packets; the handshake with or without polling
// first.
#include <optional>
#include <string>
#include <utility>

#include "tests/bench/compare/load/client.h"

namespace kefu::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr char kText = '\x1';
constexpr char kClose = '\x8';

// A masked frame with the mask 0: the server unmasks it as any other, and here nothing needs to be
// computed.
std::string Frame(std::string_view payload) {
  std::string frame = {static_cast<char>('\x80' | kText)};
  if (payload.size() < 126) {
    frame += static_cast<char>('\x80' | static_cast<char>(payload.size()));
  } else {
    frame += static_cast<char>('\x80' | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size());
  }
  return frame.append(4, '\0').append(payload);
}

std::string Target(const Person& person, const std::string& transport, const std::string& sid) {
  return person.listen_path + "?EIO=4&transport=" + transport + (sid.empty() ? "" : "&sid=" + sid) +
         " HTTP/1.1\r\nHost: " + person.address + "\r\n";
}

class SocketIoClient final : public Client {
 public:
  SocketIoClient(const Person& person, int turn, Events events, bool polling)
      : events_(std::move(events)), finder_(events_.shown) {
    if (!person.send.empty()) template_.emplace(person.send);
    const std::string join = "40" + person.listen;
    const std::string sid = polling ? Poll(person, turn, join) : "";
    wire_ = &Open(person.address, turn);
    wire_->Write("GET " + Target(person, "websocket", sid) +
                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    const std::string head = wire_->AwaitUntil(
        [](std::string_view bytes) { return bytes.find(kHeadEnd) != std::string_view::npos; });
    if (!head.starts_with("HTTP/1.1 101")) throw Failure("no WebSocket: " + head);
    rest_ = head.substr(head.find(kHeadEnd) + kHeadEnd.size());
    if (polling) {
      wire_->Write(Frame("2probe"));
      AwaitPacket("3probe");
      wire_->Write(Frame("5"));
    } else {
      AwaitPacket("0");
      wire_->Write(Frame(join));
      AwaitPacket("40");
    }
    wire_->Listen([this](std::string_view bytes) { OnBytes(bytes); });
    OnBytes({});
  }

  void Send(int sender, uint64_t number) override {
    // An event that asks for an acknowledgement. The frame's length is always the same.
    wire_->Write(Frame("421" + std::string(template_->Fill(sender, number))));
  }

 private:
  // The session's beginning over HTTP: its id.
  std::string Poll(const Person& person, int turn, const std::string& join) {
    Wire http(person.address, turn);
    const std::string opened = Ask(http, "GET " + Target(person, "polling", "") + "\r\n");
    const size_t at = opened.find("\"sid\":\"");
    if (at == std::string::npos) throw Failure("no handshake: " + opened);
    const size_t begin = at + 7;
    const std::string sid = opened.substr(begin, opened.find('"', begin) - begin);
    Ask(http, "POST " + Target(person, "polling", sid) +
                  "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: " +
                  std::to_string(join.size()) + "\r\n\r\n" + join);
    const std::string joined = Ask(http, "GET " + Target(person, "polling", sid) + "\r\n");
    if (joined.find("40{") == std::string::npos) throw Failure("not joined: " + joined);
    return sid;
  }

  static std::string Ask(Wire& http, const std::string& request) {
    http.Write(request);
    return http.AwaitUntil([](std::string_view bytes) {
      const size_t head = bytes.find(kHeadEnd);
      const size_t length = bytes.find("Content-Length: ");
      if (head == std::string_view::npos || length == std::string_view::npos) return false;
      const size_t body = std::stoul(std::string(bytes.substr(length + 16, 10)));
      return bytes.size() >= head + kHeadEnd.size() + body;
    });
  }

  void AwaitPacket(std::string_view begin) {
    for (bool found = false; !found;) {
      Frames({}, [&](std::string_view packet) { found = found || packet.starts_with(begin); });
      if (!found) rest_ += wire_->Await();
    }
  }

  void OnBytes(std::string_view bytes) {
    Frames(bytes, [this](std::string_view packet) { OnPacket(packet); });
  }

  // A server's frames: unmasked, texts whole.
  template <typename OnFrame>
  void Frames(std::string_view bytes, const OnFrame& on_frame) {
    rest_ += bytes;
    const std::string all = std::exchange(rest_, {});
    std::string_view left = all;
    while (left.size() >= 2) {
      const auto byte = [&](size_t at) { return static_cast<unsigned char>(left[at]); };
      size_t head = 2;
      size_t size = byte(1);
      if (size == 126) {
        if (left.size() < 4) break;
        head = 4;
        size = static_cast<size_t>(byte(2)) << 8 | byte(3);
      } else if (size > 126) {
        throw Failure("a frame larger than any that is expected");
      }
      if (left.size() < head + size) break;
      if ((left[0] & 0xf) == kClose) throw Failure("a server closed a WebSocket");
      on_frame(left.substr(head, size));
      left.remove_prefix(head + size);
    }
    rest_ = std::string(left);
  }

  void OnPacket(std::string_view packet) {
    if (packet == "2") {
      wire_->Write(Frame("3"));
    } else if (packet.starts_with("43")) {
      events_.acknowledged(true);
    } else if (packet.starts_with("42")) {
      finder_.Feed(packet);
    }
  }

  Events events_;
  MarkFinder finder_;
  std::optional<Template> template_;
  Wire* wire_ = nullptr;
  // The beginning of a frame.
  std::string rest_;
};

}  // namespace

std::unique_ptr<Client> MakeSocketIoClient(const Person& person, int turn, Events events,
                                           bool polling) {
  return std::make_unique<SocketIoClient>(person, turn, std::move(events), polling);
}

}  // namespace kefu::bench
