#include "services/common/base/mask.h"

#include <algorithm>

#include "services/common/base/text.h"

namespace kefu {
namespace {

constexpr size_t kHead = 3;
constexpr size_t kTail = 4;
constexpr size_t kShowsTail = 8;
constexpr size_t kShowsHead = 11;
constexpr std::string_view kStars = "****";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string DigitsOf(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), IsDigit);
  return digits;
}

// What may be shown before and behind the stars.
struct Ends {
  std::string head;
  std::string tail;
};

Ends EndsOf(std::string_view phone) {
  const size_t first_star = phone.find('*');
  if (first_star != std::string_view::npos) {
    const std::string before = DigitsOf(phone.substr(0, first_star));
    const std::string behind = DigitsOf(phone.substr(phone.rfind('*')));
    return {before.substr(0, kHead), behind.size() == kTail ? behind : ""};
  }
  std::string digits = DigitsOf(phone);
  const bool chinese = digits.size() == 13 && digits.substr(0, 3) == "861";
  if (chinese) digits.erase(0, 2);
  if (digits.size() < kShowsTail) return {};
  return {digits.size() >= kShowsHead ? digits.substr(0, kHead) : "",
          digits.substr(digits.size() - kTail)};
}

}  // namespace

std::string MaskPhone(std::string_view phone) {
  if (std::none_of(phone.begin(), phone.end(), [](char c) { return IsDigit(c) || c == '*'; }))
    return "";
  const Ends ends = EndsOf(phone);
  return ends.head + std::string(kStars) + ends.tail;
}

std::string MaskName(std::string_view name) {
  if (name.empty()) return "";
  const std::string_view first = name.substr(0, CharacterLength(name));
  return first == "*" ? "*" : std::string(first) + "*";
}

std::optional<std::string> PhoneTail(std::string_view phone) {
  Ends ends = EndsOf(phone);
  if (ends.tail.empty()) return std::nullopt;
  return std::move(ends.tail);
}

}  // namespace kefu
