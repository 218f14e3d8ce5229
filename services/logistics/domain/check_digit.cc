#include "services/logistics/domain/check_digit.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <vector>

namespace kefu::logistics {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
int Digit(char c) { return c - '0'; }

bool AllDigits(std::string_view text) { return std::all_of(text.begin(), text.end(), IsDigit); }

// The last digit makes the sum, weighted 3, 1, 3, … from the right, a multiple of ten.
bool Gs1Holds(std::string_view digits) {
  int sum = 0;
  int weight = 3;
  for (size_t i = digits.size() - 1; i-- > 0; weight = 4 - weight) sum += weight * Digit(digits[i]);
  return (10 - sum % 10) % 10 == Digit(digits.back());
}

std::optional<bool> S10(std::string_view number) {
  const bool shape = number.size() == 13 && IsUpper(number[0]) && IsUpper(number[1]) &&
                     AllDigits(number.substr(2, 9)) && IsUpper(number[11]) && IsUpper(number[12]);
  if (!shape) return std::nullopt;
  constexpr std::array<int, 8> kWeights = {8, 6, 4, 2, 3, 5, 9, 7};
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) sum += kWeights[i] * Digit(number[2 + i]);
  int check = 11 - sum % 11;
  if (check == 10) check = 0;
  if (check == 11) check = 5;
  return check == Digit(number[10]);
}

std::optional<bool> Ups1Z(std::string_view number) {
  const bool shape = number.size() == 18 && number.substr(0, 2) == "1Z" && IsDigit(number[17]) &&
                     std::all_of(number.begin() + 2, number.end(),
                                 [](char c) { return IsDigit(c) || IsUpper(c); });
  if (!shape) return std::nullopt;
  int sum = 0;
  for (size_t i = 0; i < 15; ++i) {
    const char c = number[2 + i];
    const int value = IsDigit(c) ? Digit(c) : (c - 3) % 10;
    sum += i % 2 == 1 ? 2 * value : value;
  }
  return (10 - sum % 10) % 10 == Digit(number[17]);
}

std::optional<bool> FedEx12(std::string_view number) {
  if (number.size() != 12 || !AllDigits(number)) return std::nullopt;
  constexpr std::array<int, 3> kWeights = {3, 1, 7};
  int sum = 0;
  for (size_t i = 0; i < 11; ++i) sum += kWeights[i % 3] * Digit(number[i]);
  return sum % 11 % 10 == Digit(number[11]);
}

std::optional<bool> FedEx15(std::string_view number) {
  if (number.size() != 15 || !AllDigits(number)) return std::nullopt;
  int sum = 0;
  for (size_t i = 0; i < 14; ++i) sum += (i % 2 == 1 ? 3 : 1) * Digit(number[i]);
  return (10 - sum % 10) % 10 == Digit(number[14]);
}

std::optional<bool> Gs1(std::string_view number, size_t size) {
  if (number.size() != size || !AllDigits(number)) return std::nullopt;
  return Gs1Holds(number);
}

std::optional<bool> UspsImpb(std::string_view number) {
  constexpr size_t kSize = 22;
  // 420, then five or nine digits of the ZIP code.
  for (const size_t zip : {size_t{8}, size_t{12}}) {
    if (number.size() == kSize + zip && number.substr(0, 3) == "420") number.remove_prefix(zip);
  }
  return Gs1(number, kSize);
}

std::optional<bool> Dhl10(std::string_view number) {
  if (number.size() != 10 || !AllDigits(number)) return std::nullopt;
  int remainder = 0;
  for (const char c : number.substr(0, 9)) remainder = (10 * remainder + Digit(c)) % 7;
  return remainder == Digit(number[9]);
}

struct CarrierFormats {
  // Also with something after it: "fedex-ground".
  std::string_view carrier;
  std::vector<NumberFormat> formats;
};

const std::vector<CarrierFormats>& Formats() {
  using F = NumberFormat;
  static const auto* formats = new std::vector<CarrierFormats>{
      {"ups", {F::kUps1Z}},
      {"fedex", {F::kFedEx12, F::kFedEx15, F::kSscc18}},
      {"usps", {F::kUsps20, F::kUspsImpb, F::kS10}},
      {"dhl", {F::kDhl10, F::kSscc18, F::kS10}},
  };
  return *formats;
}

bool IsOrExtends(std::string_view carrier, std::string_view name) {
  if (carrier.substr(0, name.size()) != name) return false;
  return carrier.size() == name.size() || carrier[name.size()] == '-' ||
         carrier[name.size()] == '_';
}

// Every post of the world numbers like this, whatever it is called.
const std::vector<NumberFormat>& PostalFormats() {
  static const auto* formats = new std::vector<NumberFormat>{NumberFormat::kS10};
  return *formats;
}

}  // namespace

std::optional<bool> CheckDigitHolds(NumberFormat format, std::string_view number) {
  switch (format) {
    case NumberFormat::kS10:
      return S10(number);
    case NumberFormat::kSscc18:
      return Gs1(number, 18);
    case NumberFormat::kUps1Z:
      return Ups1Z(number);
    case NumberFormat::kFedEx12:
      return FedEx12(number);
    case NumberFormat::kFedEx15:
      return FedEx15(number);
    case NumberFormat::kUsps20:
      return Gs1(number, 20);
    case NumberFormat::kUspsImpb:
      return UspsImpb(number);
    case NumberFormat::kDhl10:
      return Dhl10(number);
  }
  return std::nullopt;
}

bool CheckDigitFails(std::string_view carrier, std::string_view number) {
  const auto known = std::find_if(
      Formats().begin(), Formats().end(),
      [carrier](const CarrierFormats& entry) { return IsOrExtends(carrier, entry.carrier); });
  const auto& formats = known == Formats().end() ? PostalFormats() : known->formats;
  bool has_shape = false;
  for (const NumberFormat format : formats) {
    const std::optional<bool> holds = CheckDigitHolds(format, number);
    if (holds == true) return false;
    has_shape = has_shape || holds.has_value();
  }
  return has_shape;
}

}  // namespace kefu::logistics
