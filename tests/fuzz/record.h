// The promise of every stored record: what could be read is the same after it was written and read
// again.
#pragma once

#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {

template <class Decode, class Encode>
void ExpectRoundTrip(std::string_view bytes, Decode decode, Encode encode) {
  const auto first = decode(bytes);
  if (!first.ok()) return;
  const auto second = decode(encode(*first));
  Expect(second.ok(), "a record that was written can be read");
  Expect(*second == *first, "a record that was written says the same");
}

}  // namespace kefu::fuzz
