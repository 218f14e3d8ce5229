#include "services/inquiries/domain/content_rules.h"

#include <algorithm>
#include <string>

#include "services/common/base/status.h"

namespace kefu::inquiries::domain {
namespace {

// Length of the well-formed character at the beginning of `text`; 0 if there is none.
size_t CharacterLength(std::string_view text) {
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

bool StartsWithIgnoringCase(std::string_view text, std::string_view lower_prefix) {
  if (text.size() < lower_prefix.size()) return false;
  return std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                    [](char want, char got) {
                      return want == (got >= 'A' && got <= 'Z' ? got - 'A' + 'a' : got);
                    });
}

}  // namespace

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

absl::Status CheckUrl(std::string_view field, std::string_view url) {
  if (url.empty()) return absl::OkStatus();
  KEFU_RETURN_IF_ERROR(CheckText(field, url, kMaxUrl));
  const size_t scheme = StartsWithIgnoringCase(url, "https://")  ? 8
                        : StartsWithIgnoringCase(url, "http://") ? 7
                                                                 : 0;
  if (scheme == 0) return InvalidField(field, "must begin with http:// or https://");
  const std::string_view rest = url.substr(scheme);
  if (rest.empty() || rest.find_first_of("/?#") == 0)
    return InvalidField(field, "must name a host");
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) {
    return static_cast<uint8_t>(c) > 0x20 && c != 0x7F && c != '"' && c != '<' && c != '>' &&
           c != '\\';
  });
  if (!printable)
    return InvalidField(field, "must not contain spaces, quotes or control characters");
  return absl::OkStatus();
}

absl::Status CheckCurrency(std::string_view field, std::string_view currency) {
  const bool letters =
      currency.size() == 3 &&
      std::all_of(currency.begin(), currency.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!letters) return InvalidField(field, "must be an ISO 4217 code such as CNY");
  return absl::OkStatus();
}

}  // namespace kefu::inquiries::domain
