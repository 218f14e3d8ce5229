#include "services/logistics/domain/fields.h"

#include <algorithm>

#include "services/common/base/status.h"

namespace kefu::logistics {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

}  // namespace

absl::Status CheckCarrier(std::string_view field, std::string_view carrier) {
  const bool good =
      carrier.size() >= 2 && carrier.size() <= 32 && (IsLower(carrier[0]) || IsDigit(carrier[0])) &&
      std::all_of(carrier.begin(), carrier.end(),
                  [](char c) { return IsLower(c) || IsDigit(c) || c == '_' || c == '-'; });
  if (good) return absl::OkStatus();
  return InvalidField(field,
                      "A carrier is 2 to 32 of a-z, 0-9, '_' and '-', beginning with a letter or "
                      "digit.");
}

absl::StatusOr<std::string> NormalNumber(std::string_view field, std::string_view number) {
  std::string normal;
  bool good = number.size() <= 200;
  for (const char c : number) {
    if (c == ' ') continue;
    const char upper = IsLower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    good = good && (IsUpper(upper) || IsDigit(upper) || upper == '-');
    normal += upper;
  }
  if (good && normal.size() >= 4 && normal.size() <= 40) return normal;
  return InvalidField(field, "A tracking number is 4 to 40 letters, digits and '-'.");
}

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
