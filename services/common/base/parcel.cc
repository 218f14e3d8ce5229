#include "services/common/base/parcel.h"

#include <algorithm>

#include "services/common/base/status.h"

namespace kefu {
namespace {

// Longer ones are not even looked at.
constexpr size_t kMaxSpelling = 200;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

bool IsCarrier(std::string_view text) {
  return text.size() >= 2 && text.size() <= 32 && (IsLower(text[0]) || IsDigit(text[0])) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '_' || c == '-'; });
}

absl::Status CheckCarrier(std::string_view field, std::string_view carrier) {
  if (IsCarrier(carrier)) return absl::OkStatus();
  return InvalidField(field,
                      "must be 2 to 32 of a-z, 0-9, '_' and '-', beginning with a letter or digit");
}

absl::StatusOr<std::string> NormalTrackingNumber(std::string_view field, std::string_view number) {
  std::string normal;
  bool good = number.size() <= kMaxSpelling;
  for (const char c : number.substr(0, kMaxSpelling)) {
    if (c == ' ') continue;
    const char upper = IsLower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    good = good && (IsUpper(upper) || IsDigit(upper) || upper == '-');
    normal += upper;
  }
  if (good && normal.size() >= 4 && normal.size() <= 40) return normal;
  return InvalidField(field, "must be 4 to 40 letters, digits and '-'");
}

}  // namespace kefu
