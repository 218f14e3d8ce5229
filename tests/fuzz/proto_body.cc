// Binary bodies of requests.
#include "gateway/edge/codec.h"
#include "tests/fuzz/body.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {

using gateway::Codec;

void Try(std::string_view input) {
  const MessagePtr message = TakeType(input);
  if (!gateway::Decode(Codec::kProto, input, message.get()).ok()) return;
  Expect(IsClean(*message), "strings from a body are UTF-8 without NUL");
  const MessagePtr again(message->New());
  const auto bytes = gateway::Encode(Codec::kProto, *message);
  Expect(bytes.ok() && gateway::Decode(Codec::kProto, *bytes, again.get()).ok(),
         "what was written can be read");
  Expect(Same(*message, *again), "what was written says the same");
  (void)gateway::RedactedJson(*message).ok();
  // Not every binary message has a JSON form: a time beyond the year 9999 has none.
  const auto json = gateway::Encode(Codec::kJson, *message);
  if (!json.ok()) return;
  again->Clear();
  Expect(gateway::Decode(Codec::kJson, *json, again.get()).ok(), "its JSON can be read");
  Expect(Same(*message, *again), "its JSON says the same");
}

}  // namespace kefu::fuzz
