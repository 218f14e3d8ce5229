#include "services/logistics/domain/fields.h"

#include <algorithm>

#include "services/common/base/status.h"

namespace kefu::logistics {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

}  // namespace

absl::Status CheckSubstatus(std::string_view field, std::string_view substatus) {
  const bool good = substatus.size() <= kMaxSubstatus &&
                    std::all_of(substatus.begin(), substatus.end(),
                                [](char c) { return IsUpper(c) || IsDigit(c) || c == '_'; });
  if (good) return absl::OkStatus();
  return InvalidField(field, "A substatus is at most 64 of A-Z, 0-9 and '_'.");
}

std::string Tidy(std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    size_t end = max_bytes;
    // Not in the middle of a character: its continuation bytes are 10xxxxxx.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string tidy(text);
  std::replace_if(tidy.begin(), tidy.end(), IsControl, ' ');
  return tidy;
}

}  // namespace kefu::logistics
