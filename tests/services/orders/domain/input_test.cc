#include "services/orders/domain/input.h"

#include <gtest/gtest.h>

#include <functional>

#include "services/common/base/ids.h"
#include "services/common/base/status.h"
#include "tests/services/orders/domain/samples.h"

namespace kefu::orders::domain {
namespace {

using test::Input;

// The reason of a refusal, and of an invalid field its path.
std::string Refused(const std::function<void(OrderInput&)>& change) {
  OrderInput input = Input();
  change(input);
  const auto upsert = Check(input);
  if (upsert.ok()) return "accepted";
  EXPECT_EQ(upsert.status().code(), absl::StatusCode::kInvalidArgument);
  const auto violations = FieldViolationsOf(upsert.status());
  if (!violations.empty()) return violations[0].field;
  return ErrorReason(upsert.status()) + " " + ErrorMetadataOf(upsert.status())["field"];
}

TEST(InputTest, AGoodOrderIsTakenWithItsAmountsInMinorUnits) {
  OrderInput input = Input();
  input.discount = "5";
  input.freight = "6.50";
  input.paid = "41.30";
  const auto upsert = Check(input);
  ASSERT_TRUE(upsert.ok()) << upsert.status();
  EXPECT_EQ(upsert->lines[0].total, (Money{"CNY", 3980}));
  EXPECT_EQ(upsert->totals.goods, (Money{"CNY", 3980}));
  EXPECT_EQ(upsert->totals.discount, (Money{"CNY", 500}));
  EXPECT_EQ(upsert->totals.total, (Money{"CNY", 4130}));
  EXPECT_EQ(upsert->totals.paid, (Money{"CNY", 4130}));
  EXPECT_EQ(upsert->totals.refunded, (Money{"CNY", 0}));
}

TEST(InputTest, LinesThatDoNotMakeUpTheTotalAreNoError) {
  OrderInput input = Input();
  input.total = "1.00";
  input.lines[0].total = "12.34";
  const auto upsert = Check(input);
  ASSERT_TRUE(upsert.ok());
  EXPECT_EQ(upsert->totals.total, (Money{"CNY", 100}));
  EXPECT_EQ(upsert->totals.goods, (Money{"CNY", 1234}));
}

TEST(InputTest, ADiscountAboveEverythingLeavesNothingToPay) {
  OrderInput input = Input();
  input.discount = "1000";
  EXPECT_EQ(Check(input)->totals.total, (Money{"CNY", 0}));
}

TEST(InputTest, WithoutVersionTheTimeOfUpdateIsTheVersion) {
  OrderInput input = Input();
  input.source_version = 0;
  EXPECT_EQ(Check(input)->source_version, input.update_time->ms);
  input.update_time.reset();
  EXPECT_EQ(Check(input)->source_version, input.create_time->ms);
}

TEST(InputTest, CurrenciesThatAreNoneAreRefused) {
  EXPECT_EQ(Refused([](auto& o) { o.currency = "RMB"; }), "UNKNOWN_CURRENCY currency");
  EXPECT_EQ(Refused([](auto& o) { o.currency = ""; }), "UNKNOWN_CURRENCY currency");
}

TEST(InputTest, AmountsThatAreNegativeOrTooPreciseOrNoneAreRefused) {
  EXPECT_EQ(Refused([](auto& o) { o.discount = "-1"; }), "BAD_AMOUNT discount");
  EXPECT_EQ(Refused([](auto& o) { o.freight = "1.001"; }), "BAD_AMOUNT freight");
  EXPECT_EQ(Refused([](auto& o) { o.tax = "1e2"; }), "BAD_AMOUNT tax");
  EXPECT_EQ(Refused([](auto& o) { o.total = "free"; }), "BAD_AMOUNT total");
  EXPECT_EQ(Refused([](auto& o) { o.paid = "99999999999999999999"; }), "BAD_AMOUNT paid");
  EXPECT_EQ(Refused([](auto& o) { o.refunded = "1,00"; }), "BAD_AMOUNT refunded");
  EXPECT_EQ(Refused([](auto& o) { o.lines[0].unit_price = ""; }), "BAD_AMOUNT lines[0].unit_price");
  EXPECT_EQ(Refused([](auto& o) { o.lines[0].total = "-0.01"; }), "BAD_AMOUNT lines[0].total");
  EXPECT_EQ(Refused([](auto& o) {
              o.currency = "JPY";
              o.lines[0].unit_price = "19.9";
            }),
            "BAD_AMOUNT lines[0].unit_price");
}

TEST(InputTest, LineTotalsAndSumsThatOverflowAreRefused) {
  EXPECT_EQ(Refused([](auto& o) {
              o.lines[0].unit_price = "9999999999999";
              o.lines[0].quantity = 100'000;
            }),
            "BAD_AMOUNT lines[0].total");
  EXPECT_EQ(Refused([](auto& o) {
              for (const char* line : {"2", "3"})
                o.lines.push_back({line, "", "", "", 1, "9999999999999", ""});
            }),
            "BAD_AMOUNT lines");
}

TEST(InputTest, LinesThatAreMissingDoubledOrTooManyAreRefused) {
  EXPECT_EQ(Refused([](auto& o) { o.lines.clear(); }), "lines");
  EXPECT_EQ(Refused([](auto& o) { o.lines.push_back(o.lines[0]); }), "lines[1].line");
  EXPECT_EQ(Refused([](auto& o) { o.lines[0].line = ""; }), "lines[0].line");
  EXPECT_EQ(Refused([](auto& o) { o.lines[0].quantity = 0; }), "lines[0].quantity");
  EXPECT_EQ(Refused([](auto& o) { o.lines[0].quantity = 100'001; }), "lines[0].quantity");
  const auto many = [](size_t count) {
    return [count](OrderInput& o) {
      o.lines.clear();
      for (size_t i = 0; i < count; ++i)
        o.lines.push_back({std::to_string(i), "", "", "", 1, "1", ""});
    };
  };
  EXPECT_EQ(Refused(many(200)), "accepted");
  EXPECT_EQ(Refused(many(201)), "lines");
}

TEST(InputTest, TextsOfBadLengthAreRefused) {
  EXPECT_EQ(Refused([](auto& o) { o.number = ""; }), "number");
  EXPECT_EQ(Refused([](auto& o) { o.number = std::string(65, 'x'); }), "number");
  EXPECT_EQ(Refused([](auto& o) { o.number = std::string(64, 'x'); }), "accepted");
  EXPECT_EQ(Refused([](auto& o) { o.lines[0].sku = std::string(65, 'x'); }), "lines[0].sku");
  EXPECT_EQ(Refused([](auto& o) { o.lines[0].title = std::string(513, 'x'); }), "lines[0].title");
  EXPECT_EQ(Refused([](auto& o) { o.contact.name = std::string(129, 'x'); }), "contact.name");
  EXPECT_EQ(Refused([](auto& o) { o.contact.address = std::string(513, 'x'); }), "contact.address");
  EXPECT_EQ(Refused([](auto& o) { o.contact.country = "China"; }), "contact.country");
  EXPECT_EQ(Refused([](auto& o) { o.source_status["x"] = std::string(129, 'x'); }),
            "source_status.x");
  EXPECT_EQ(Refused([](auto& o) {
              for (int i = 0; i < 17; ++i) o.source_status[std::to_string(i)] = "x";
            }),
            "source_status");
}

TEST(InputTest, TextThatIsNotUtf8OrHoldsNulIsRefused) {
  EXPECT_EQ(Refused([](auto& o) { o.number = "a\xff"; }), "number");
  EXPECT_EQ(Refused([](auto& o) { o.lines[0].title = std::string("a\0b", 3); }), "lines[0].title");
  EXPECT_EQ(Refused([](auto& o) { o.contact.phone = "138\xc0\x80"; }), "contact.phone");
  EXPECT_EQ(Refused([](auto& o) { o.source_status["status"] = "\xed\xa0\x80"; }),
            "source_status.status");
}

TEST(InputTest, SourcesBuyersVersionsAndTimesMustBeWhatTheyAre) {
  for (const char* source : {"", "x", "Shopify", "1shop", "a|b", "shop fy"})
    EXPECT_EQ(Refused([&](auto& o) { o.source = source; }), "source") << source;
  EXPECT_EQ(Refused([](auto& o) { o.buyer = "somebody"; }), "buyer");
  EXPECT_EQ(Refused([](auto& o) { o.buyer = BuyerId::New().str(); }), "accepted");
  EXPECT_EQ(Refused([](auto& o) { o.source_version = -1; }), "source_version");
  EXPECT_EQ(Refused([](auto& o) { o.create_time.reset(); }), "create_time");
}

TEST(InputTest, ParcelsAreNamedAsLogisticsNamesThem) {
  OrderInput input = Input();
  input.parcels = {{"shunfeng", "sf 123 456"}, {"17track", "RB-1234"}};
  const auto upsert = Check(input);
  ASSERT_TRUE(upsert.ok()) << upsert.status();
  EXPECT_EQ(upsert->parcels[0].tracking_number, "SF123456");
  EXPECT_EQ(upsert->parcels[0].shipment, ShipmentIdOf("shunfeng", "SF123456").str());
  EXPECT_EQ(Refused([](auto& o) { o.parcels = {{"SF", "SF123456"}}; }), "parcels[0].carrier");
  EXPECT_EQ(Refused([](auto& o) { o.parcels = {{"sf", "SF1"}}; }), "parcels[0].tracking_number");
  EXPECT_EQ(Refused([](auto& o) {
              o.parcels = {{"sf", "SF_12345"}};
            }),
            "parcels[0].tracking_number");
  EXPECT_EQ(Refused([](auto& o) { o.parcels.resize(51, {"sf", "SF123456"}); }), "parcels");
}

TEST(InputTest, MasksShowWhatMayBeShown) {
  const MaskedContact masked =
      Mask({"张三", "13812345678", "文三路 1 号", "CN", "浙江", "杭州", "310000"});
  EXPECT_EQ(masked, (MaskedContact{"张*", "138****5678", "CN", "浙江", "杭州"}));
}

}  // namespace
}  // namespace kefu::orders::domain
