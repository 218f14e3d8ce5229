// gRPC over one HTTP/2 connection: the stream and the calls, one at a time. No header of an answer
// is decoded: a call that was accepted has a message in its answer, a refused one has none.
#include <arpa/inet.h>

#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "tests/bench/compare/load/client.h"

namespace kefu::bench {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr size_t kFrameHead = 9;
constexpr uint32_t kStream = 1;
// As large as a window may be: it outlasts every run, so that no window is ever renewed.
constexpr uint32_t kWindow = 0x7fffffff;
constexpr uint32_t kFirstWindow = 65'535;

enum Type : uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8
};
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kAck = 1;
constexpr uint8_t kEndHeaders = 4;

std::string Number32(uint32_t value) {
  value = htonl(value);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

uint32_t Read32(std::string_view bytes) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return ntohl(value);
}

std::string Frame(Type type, uint8_t flags, uint32_t stream, std::string_view payload) {
  const uint32_t size = static_cast<uint32_t>(payload.size());
  std::string frame = Number32(size).substr(1);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  return frame + Number32(stream) + std::string(payload);
}

// HPACK, without Huffman's code.
std::string Text(std::string_view text) {
  std::string out;
  size_t rest = text.size();
  if (rest < 127) {
    out += static_cast<char>(rest);
  } else {
    out += '\x7f';
    for (rest -= 127; rest >= 128; rest /= 128) out += static_cast<char>(rest % 128 + 128);
    out += static_cast<char>(rest);
  }
  return out.append(text);
}

// :method POST, :scheme http.
constexpr std::string_view kBegin = "\x83\x86";
// Put into the table by the first call, found there by all others: auth, te, content-type,
// :authority stand behind the path of the calls, which came last.
constexpr std::string_view kPathAgain = "\xbe";
constexpr std::string_view kRestAgain = "\xc2\xc1\xc0\xbf";

std::string RestOnce(const Person& person) {
  return "\x41" + Text(person.address) + "\x5f" + Text("application/grpc") + "\x40" + Text("te") +
         Text("trailers") + "\x57" + Text("Bearer " + person.token);
}

std::string Message(const std::string& body) {
  return std::string(1, '\0') + Number32(static_cast<uint32_t>(body.size())) + body;
}

class GrpcClient final : public Client {
 public:
  GrpcClient(const Person& person, int turn, Events events)
      : events_(std::move(events)),
        finder_(events_.shown),
        wire_(Open(person.address, turn)),
        first_path_("\x44" + Text(person.send_path)) {
    if (!person.send_path.empty()) body_.emplace(Message(person.send));
    const std::string window = std::string("\0\x04", 2) + Number32(kWindow);
    const std::string head =
        std::string(kBegin) + '\x04' + Text(person.listen_path) + RestOnce(person);
    wire_.Write(std::string(kPreface) + Frame(kSettings, 0, 0, window) +
                Frame(kWindowUpdate, 0, 0, Number32(kWindow - kFirstWindow)) +
                Frame(kHeaders, kEndHeaders, kStream, head) +
                Frame(kData, kEndStream, kStream, Message(person.listen)));
    while (!open_) OnBytes(wire_.Await());
    wire_.Listen([this](std::string_view bytes) { OnBytes(bytes); });
  }

  void Send(int sender, uint64_t number) override {
    call_ += 2;
    answered_ = false;
    const std::string path =
        first_path_.empty() ? std::string(kPathAgain) : std::exchange(first_path_, {});
    const std::string head = std::string(kBegin) + path + std::string(kRestAgain);
    wire_.Write(Frame(kHeaders, kEndHeaders, call_, head) +
                Frame(kData, kEndStream, call_, body_->Fill(sender, number)));
  }

 private:
  void OnBytes(std::string_view bytes) {
    if (!rest_.empty()) {
      rest_ += bytes;
      bytes = rest_;
    }
    while (bytes.size() >= kFrameHead) {
      const size_t size = Read32(bytes.substr(0, 4)) >> 8;
      if (bytes.size() < kFrameHead + size) break;
      OnFrame(static_cast<uint8_t>(bytes[3]), static_cast<uint8_t>(bytes[4]),
              Read32(bytes.substr(5, 4)), bytes.substr(kFrameHead, size));
      bytes.remove_prefix(kFrameHead + size);
    }
    rest_ = std::string(bytes);
  }

  void OnFrame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
    if (type == kGoAway) throw Failure("a server asked for another connection");
    if (type == kSettings && flags != kAck) wire_.Write(Frame(kSettings, kAck, 0, {}));
    if (type == kPing && flags != kAck) wire_.Write(Frame(kPing, kAck, 0, payload));
    if (stream == kStream) {
      OnStream(type, flags, payload);
    } else if (stream == call_ && stream != 0) {
      OnCall(type, flags);
    }
  }

  void OnStream(uint8_t type, uint8_t flags, std::string_view payload) {
    if (type == kReset || (flags & kEndStream) != 0) throw Failure("a stream ended");
    if (type == kHeaders) open_ = true;
    if (type == kData) finder_.Feed(payload);
  }

  void OnCall(uint8_t type, uint8_t flags) {
    if (type == kData) answered_ = true;
    const bool ended = type == kReset || (type == kHeaders && (flags & kEndStream) != 0);
    if (ended) events_.acknowledged(answered_);
  }

  Events events_;
  MarkFinder finder_;
  Wire& wire_;
  std::optional<Template> body_;
  std::string first_path_;
  uint32_t call_ = kStream;
  bool open_ = false;
  // The call in progress has a message in its answer.
  bool answered_ = false;
  // The beginning of a frame.
  std::string rest_;
};

}  // namespace

std::unique_ptr<Client> MakeGrpcClient(const Person& person, int turn, Events events) {
  return std::make_unique<GrpcClient>(person, turn, std::move(events));
}

}  // namespace kefu::bench
