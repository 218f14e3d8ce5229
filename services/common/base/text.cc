#include "services/common/base/text.h"

#include <cstdint>
#include <string>

#include "services/common/base/status.h"

namespace kefu {

size_t CharacterLength(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto continues = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const uint8_t first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return continues(1) ? 2 : 0;
  if (first < 0xF0) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
    if (first == 0xED && byte(1) >= 0xA0) return 0;  // surrogate
    return 3;
  }
  if (first > 0xF4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;   // overlong
  if (first == 0xF4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
  return 4;
}

bool IsCleanUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

absl::Status CheckText(std::string_view field, std::string_view text, size_t max) {
  if (text.size() > max) {
    return InvalidField(field, "must have at most " + std::to_string(max) + " bytes");
  }
  if (!IsCleanUtf8(text)) return InvalidField(field, "must be UTF-8 without NUL");
  return absl::OkStatus();
}

absl::Status CheckRequiredText(std::string_view field, std::string_view text, size_t max) {
  if (text.empty()) return InvalidField(field, "must not be empty");
  return CheckText(field, text, max);
}

}  // namespace kefu
