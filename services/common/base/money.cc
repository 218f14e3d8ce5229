#include "services/common/base/money.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "services/common/base/status.h"

namespace kefu {
namespace {

constexpr int64_t kMaxMinorUnits = 1'000'000'000'000'000;
// 10^15 in digits, and room for none more.
constexpr size_t kMaxWholeDigits = 16;

struct CurrencyGroup {
  int digits;
  std::string_view codes;
};

// ISO 4217, list one, without the codes that name no money (metals, test, units of account).
constexpr std::array<CurrencyGroup, 4> kCurrencies = {{
    {0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"},
    {2,
     "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
     "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
     "GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP "
     "LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR "
     "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
     "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR "
     "ZMW ZWG"},
    {3, "BHD IQD JOD KWD LYD OMR TND"},
    {4, "CLF UYW"},
}};

constexpr bool Lists(std::string_view codes, std::string_view code) {
  for (size_t at = 0; at + 3 <= codes.size(); at += 4) {
    if (codes.substr(at, 3) == code) return true;
  }
  return false;
}

absl::Status BadAmount(std::string_view field, std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_AMOUNT", fmt::format("{}: {}", field, what),
               {{"field", std::string(field)}});
}

bool AreDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int64_t Power(int exponent) {
  int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

std::optional<int64_t> InRange(__int128 minor_units) {
  if (minor_units > kMaxMinorUnits || minor_units < -__int128{kMaxMinorUnits}) return std::nullopt;
  return static_cast<int64_t>(minor_units);
}

}  // namespace

std::optional<int> CurrencyDigits(std::string_view currency) {
  if (currency.size() != 3) return std::nullopt;
  for (const CurrencyGroup& group : kCurrencies) {
    if (Lists(group.codes, currency)) return group.digits;
  }
  return std::nullopt;
}

absl::Status CheckCurrencyCode(std::string_view field, std::string_view currency) {
  if (CurrencyDigits(currency)) return absl::OkStatus();
  return Error(
      absl::StatusCode::kInvalidArgument, "UNKNOWN_CURRENCY",
      fmt::format("{}: send the ISO 4217 code of a currency in use, such as CNY, in capitals.",
                  field),
      {{"field", std::string(field)}});
}

absl::StatusOr<Money> ParseMoney(std::string_view field, std::string_view decimal,
                                 std::string_view currency) {
  KEFU_RETURN_IF_ERROR(CheckCurrencyCode(field, currency));
  const auto digits = static_cast<size_t>(*CurrencyDigits(currency));
  const size_t point = decimal.find('.');
  const std::string_view whole = decimal.substr(0, point);
  const std::string_view part =
      point == std::string_view::npos ? std::string_view() : decimal.substr(point + 1);
  if (!decimal.empty() && decimal.front() == '-')
    return BadAmount(field, "must not be negative; refunds and discounts are positive amounts.");
  if (whole.empty() || !AreDigits(whole) || !AreDigits(part) ||
      (point != std::string_view::npos && part.empty())) {
    return BadAmount(field, "must be a decimal number such as 19.90, without sign or grouping.");
  }
  if (part.size() > digits)
    return BadAmount(field, fmt::format("{} has {} digits after the point.", currency, digits));
  if (whole.size() > kMaxWholeDigits) return BadAmount(field, "is too large.");
  int64_t units = 0;
  std::from_chars(whole.data(), whole.data() + whole.size(), units);
  int64_t rest = 0;
  std::from_chars(part.data(), part.data() + part.size(), rest);
  const auto minor = InRange(__int128{units} * Power(static_cast<int>(digits)) +
                             rest * Power(static_cast<int>(digits - part.size())));
  if (!minor) return BadAmount(field, "is too large.");
  return Money{std::string(currency), *minor};
}

std::string FormatMoney(const Money& money) {
  const int digits = CurrencyDigits(money.currency).value_or(0);
  // Negated as unsigned, which the smallest number survives.
  const bool negative = money.minor_units < 0;
  const uint64_t amount = negative ? 0 - static_cast<uint64_t>(money.minor_units)
                                   : static_cast<uint64_t>(money.minor_units);
  const auto power = static_cast<uint64_t>(Power(digits));
  std::string text = fmt::format("{}{}", negative ? "-" : "", amount / power);
  if (digits > 0) text += fmt::format(".{:0{}}", amount % power, digits);
  return text;
}

std::optional<Money> Add(const Money& a, const Money& b) {
  if (a.currency != b.currency) return std::nullopt;
  const auto sum = InRange(__int128{a.minor_units} + b.minor_units);
  if (!sum) return std::nullopt;
  return Money{a.currency, *sum};
}

std::optional<Money> Times(const Money& price, uint32_t quantity) {
  const auto product = InRange(__int128{price.minor_units} * quantity);
  if (!product) return std::nullopt;
  return Money{price.currency, *product};
}

}  // namespace kefu
