// A fuzz target is a Try: it gives bytes to one parser and holds it to what it promises. Its bytes
// come from libFuzzer (tests/run/fuzz.sh) or, in an ordinary build, from driver.cc, which makes it
// a test of about a second.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace kefu::fuzz {

void Try(std::string_view input);

// A promise that does not hold is a finding, as a crash is.
inline void Expect(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// Which of `count` parsers the first byte asks for ('0' is the first), and the bytes for it.
inline std::pair<size_t, std::string_view> Choose(std::string_view input, size_t count) {
  if (input.empty()) return {0, input};
  return {static_cast<unsigned char>(input[0] - '0') % count, input.substr(1)};
}

}  // namespace kefu::fuzz
