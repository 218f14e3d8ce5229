// Money without rounding: an ISO 4217 currency and a whole number of its minor units.
//
//   KEFU_ASSIGN_OR_RETURN(Money price, ParseMoney("unit_price", "19.99", "CNY"));  // 1999 fen
//
// Pure. Never passes through a floating-point number.
#pragma once

#include <absl/status/statusor.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kefu {

struct Money {
  std::string currency;
  int64_t minor_units = 0;
  bool operator==(const Money&) const = default;
};

// Digits after the point (JPY 0, CNY 2, KWD 3); none for what is not an active ISO 4217 code.
std::optional<int> CurrencyDigits(std::string_view currency);

// INVALID_ARGUMENT UNKNOWN_CURRENCY, naming `field`.
absl::Status CheckCurrencyCode(std::string_view field, std::string_view currency);

// "0", "19.9", "19.90": digits with at most as many after the point as the currency has, 0 to
// 10^15 minor units, no sign, no exponent, no grouping. INVALID_ARGUMENT BAD_AMOUNT names `field`
// and what is wrong; UNKNOWN_CURRENCY.
absl::StatusOr<Money> ParseMoney(std::string_view field, std::string_view decimal,
                                 std::string_view currency);

// "19.90", with all digits of the currency.
std::string FormatMoney(const Money& money);

// Sum and product, or none if they do not fit 10^15 minor units (or the currencies differ).
std::optional<Money> Add(const Money& a, const Money& b);
std::optional<Money> Times(const Money& price, uint32_t quantity);

}  // namespace kefu
