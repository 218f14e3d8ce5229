// Envelopes of the Connect protocol: the gateway's reader of requests and the client's of streams.
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "deploy/ctl/connect_framing.h"
#include "gateway/edge/connect_protocol.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {
namespace {

// What a client makes of a stream that comes in these parts.
struct Heard {
  std::vector<std::pair<uint8_t, std::string>> frames;
  bool refused = false;
  bool cut_short = false;
  bool operator==(const Heard&) const = default;
};

Heard Hear(std::initializer_list<std::string_view> parts) {
  Heard heard;
  ctl::EnvelopeDecoder decoder;
  for (const std::string_view part : parts) {
    decoder.Feed(part);
    while (!heard.refused) {
      const auto next = decoder.Next();
      heard.refused = !next.ok();
      if (heard.refused || !next->has_value()) break;
      heard.frames.emplace_back((*next)->flags, (*next)->payload);
    }
  }
  heard.cut_short = !heard.refused && decoder.mid_envelope();
  return heard;
}

}  // namespace

void Try(std::string_view input) {
  const Heard whole = Hear({input});
  const auto only = gateway::connect::OnlyMessage(input);
  for (size_t cut = 0; cut < input.size() && cut < 64; ++cut) {
    const std::string_view front = input.substr(0, cut);
    Expect(Hear({front, input.substr(cut)}) == whole, "a stream means the same however it is cut");
    Expect(!only.ok() || !gateway::connect::OnlyMessage(front).ok(), "half a message is none");
  }
  const bool one =
      !whole.refused && !whole.cut_short && whole.frames.size() == 1 && whole.frames[0].first == 0;
  Expect(only.ok() == one, "gateway and client agree on what one message is");
  if (!only.ok()) return;
  std::string again;
  gateway::connect::AppendEnvelope(again, 0, *only);
  Expect(again == input, "an envelope that is read is one that is written");
}

}  // namespace kefu::fuzz
