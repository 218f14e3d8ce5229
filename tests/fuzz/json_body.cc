// JSON bodies of requests.
#include "gateway/edge/codec.h"
#include "tests/fuzz/body.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {

using gateway::Codec;

void Try(std::string_view input) {
  const MessagePtr message = TakeType(input);
  if (!gateway::Decode(Codec::kJson, input, message.get()).ok()) return;
  Expect(gateway::IsValidUtf8(input), "a body that is taken is UTF-8");
  Expect(IsClean(*message), "strings from a body are UTF-8 without NUL");
  const auto json = gateway::Encode(Codec::kJson, *message);
  Expect(json.ok(), "what was read as JSON can be written as JSON");
  const MessagePtr again(message->New());
  Expect(gateway::Decode(Codec::kJson, *json, again.get()).ok(), "what was written can be read");
  Expect(Same(*message, *again), "what was written says the same");
  Expect(gateway::RedactedJson(*message).ok(), "what was read can be redacted");
}

}  // namespace kefu::fuzz
