#include "services/common/base/trace.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

namespace kefu {
namespace {

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool AllZero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

// version "00", trace id and parent id not all zero: https://www.w3.org/TR/trace-context/
bool WellFormed(std::string_view text) {
  return text.size() == 55 && text.substr(0, 3) == "00-" && text[35] == '-' && text[52] == '-' &&
         IsHex(text.substr(3, 32)) && !AllZero(text.substr(3, 32)) && IsHex(text.substr(36, 16)) &&
         !AllZero(text.substr(36, 16)) && IsHex(text.substr(53, 2));
}

}  // namespace

std::string TraceparentOrNew(std::string_view incoming) {
  if (WellFormed(incoming)) return std::string(incoming);
  std::array<unsigned char, 24> random;
  randombytes_buf(random.data(), random.size());
  std::array<char, 49> hex;
  sodium_bin2hex(hex.data(), hex.size(), random.data(), random.size());
  const std::string_view digits(hex.data(), 48);
  return fmt::format("00-{}-{}-01", digits.substr(0, 32), digits.substr(32, 16));
}

}  // namespace kefu
