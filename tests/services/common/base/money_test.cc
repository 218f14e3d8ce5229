#include "services/common/base/money.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu {
namespace {

std::string Refused(std::string_view decimal, std::string_view currency) {
  const auto money = ParseMoney("price", decimal, currency);
  if (money.ok()) return "accepted";
  EXPECT_EQ(money.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(money.status().message().find("price"), absl::string_view::npos) << money.status();
  return ErrorReason(money.status());
}

int64_t Units(std::string_view decimal, std::string_view currency) {
  const auto money = ParseMoney("price", decimal, currency);
  EXPECT_TRUE(money.ok()) << money.status();
  return money.ok() ? money->minor_units : -1;
}

TEST(MoneyTest, CurrenciesHaveTheirDigits) {
  for (const auto& [currency, digits] : {std::pair{"CNY", 2},
                                         {"USD", 2},
                                         {"JPY", 0},
                                         {"KRW", 0},
                                         {"VND", 0},
                                         {"KWD", 3},
                                         {"BHD", 3},
                                         {"TND", 3},
                                         {"CLF", 4},
                                         {"EUR", 2},
                                         {"AED", 2},
                                         {"ZWG", 2},
                                         {"BIF", 0},
                                         {"XPF", 0}}) {
    EXPECT_EQ(CurrencyDigits(currency), digits) << currency;
  }
}

TEST(MoneyTest, WhatIsNoCurrencyInUseIsRefused) {
  for (const char* code : {"", "CN", "CNYY", "cny", "XXX", "XAU", "DEM", "Y E", "EUR ", "RMB"}) {
    EXPECT_EQ(CurrencyDigits(code), std::nullopt) << code;
    EXPECT_EQ(Refused("1", code), "UNKNOWN_CURRENCY") << code;
  }
}

TEST(MoneyTest, AmountsAreReadExactly) {
  EXPECT_EQ(Units("19.99", "CNY"), 1999);
  EXPECT_EQ(Units("19.9", "CNY"), 1990);
  EXPECT_EQ(Units("19", "CNY"), 1900);
  EXPECT_EQ(Units("0", "CNY"), 0);
  EXPECT_EQ(Units("0.01", "CNY"), 1);
  EXPECT_EQ(Units("1999", "JPY"), 1999);
  EXPECT_EQ(Units("1.999", "KWD"), 1999);
  EXPECT_EQ(Units("4503599627370.49", "CNY"), 450359962737049);
  EXPECT_EQ(Units("10000000000000.00", "CNY"), 1'000'000'000'000'000);
}

TEST(MoneyTest, AmountsThatAreNotExactOrNotAmountsAreRefused) {
  for (const char* amount :
       {"-1", "-0", "+1", "", ".5", "5.", "1,000", "1e3", "NaN", " 1", "1 ", "19.999", "19.990",
        "0x10", "١", "10000000000000.01", "99999999999999999999999999"}) {
    EXPECT_EQ(Refused(amount, "CNY"), "BAD_AMOUNT") << amount;
  }
  EXPECT_EQ(Refused("1.0", "JPY"), "BAD_AMOUNT");
  EXPECT_EQ(Refused("1.0001", "KWD"), "BAD_AMOUNT");
}

TEST(MoneyTest, WrittenAmountsAreReadBackAsTheyWere) {
  for (const char* currency : {"JPY", "CNY", "KWD", "CLF"}) {
    for (const int64_t units : {0, 1, 9, 10, 99, 100, 1999, 123456789}) {
      EXPECT_EQ(Units(FormatMoney({currency, units}), currency), units);
    }
  }
  EXPECT_EQ(FormatMoney({"CNY", 1990}), "19.90");
  EXPECT_EQ(FormatMoney({"CNY", 5}), "0.05");
  EXPECT_EQ(FormatMoney({"CNY", -5}), "-0.05");
  EXPECT_EQ(FormatMoney({"JPY", 1999}), "1999");
}

TEST(MoneyTest, SumsAndProductsStayInRangeAndCurrency) {
  EXPECT_EQ(Add({"CNY", 1}, {"CNY", 2}), (Money{"CNY", 3}));
  EXPECT_EQ(Add({"CNY", 1}, {"USD", 2}), std::nullopt);
  EXPECT_EQ(Add({"CNY", 1'000'000'000'000'000}, {"CNY", 1}), std::nullopt);
  EXPECT_EQ(Times({"CNY", 1999}, 3), (Money{"CNY", 5997}));
  EXPECT_EQ(Times({"CNY", 1'000'000'000'000'000}, 4'000'000'000u), std::nullopt);
}

}  // namespace
}  // namespace kefu
