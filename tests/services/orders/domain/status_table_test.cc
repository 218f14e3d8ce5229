// The statuses of the platforms as the shipped file translates them, and how the file is read.
#include "services/orders/domain/status_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "services/common/config/reader.h"
#include "services/orders/status_file.h"

namespace kefu::orders::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Status = std::map<std::string, std::string>;

const StatusTables& Shipped() {
  static const auto* tables = new StatusTables(*ParseStatuses(
      *config::ReadFile(std::string(KEFU_SOURCE_DIR) + "/deploy/config/order_statuses.yaml")));
  return *tables;
}

// "state payment fulfilment", "-" for what nothing is said of.
std::string Said(const std::string& source, const Status& status) {
  const auto translated = Shipped().Translate(source, status);
  EXPECT_THAT(translated.unknown, IsEmpty());
  const domain::Said& said = translated.said;
  const auto name = [](const auto& axis) { return axis ? std::string(Name(*axis)) : "-"; };
  return (said.closed ? "CLOSED" : name(said.state)) + " " + name(said.payment) + " " +
         name(said.fulfilment);
}

TEST(StatusTableTest, ShopifysFinancialStatusesArePaymentsOfTheSameName) {
  for (const char* status : {"PENDING", "AUTHORIZED", "PARTIALLY_PAID", "PAID",
                             "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED", "EXPIRED"}) {
    std::string lower(status);
    for (char& c : lower) c = static_cast<char>(tolower(c));
    const std::string expected = std::string("- ") + status + " -";
    EXPECT_EQ(Said("shopify", {{"financial_status", lower}}), expected);
    EXPECT_EQ(Said("shopify", {{"financial_status", status}}), expected);
  }
}

TEST(StatusTableTest, ShopifysFulfilmentStatusesOfAllItsInterfacesAreKnown) {
  const std::pair<const char*, const char*> kPairs[] = {
      {"UNFULFILLED", "UNFULFILLED"},
      {"OPEN", "UNFULFILLED"},
      {"RESTOCKED", "UNFULFILLED"},
      {"IN_PROGRESS", "PROCESSING"},
      {"PENDING_FULFILLMENT", "PROCESSING"},
      {"ON_HOLD", "HELD"},
      {"SCHEDULED", "HELD"},
      {"PARTIALLY_FULFILLED", "PARTIALLY_SHIPPED"},
      {"FULFILLED", "SHIPPED"},
      {"REQUEST_DECLINED", "UNFULFILLABLE"},
      {"null", "UNFULFILLED"},
      {"", "UNFULFILLED"},
      {"partial", "PARTIALLY_SHIPPED"},
      {"fulfilled", "SHIPPED"},
      {"restocked", "UNFULFILLED"},
  };
  for (const auto& [status, fulfilment] : kPairs) {
    EXPECT_EQ(Said("shopify", {{"fulfillment_status", status}}), std::string("- - ") + fulfilment)
        << status;
  }
}

TEST(StatusTableTest, ShopifysTimesOfCancellingAndClosingAreStates) {
  EXPECT_EQ(Said("shopify", {{"cancelled_at", "2026-01-01T00:00:00Z"}}), "CANCELLED - -");
  EXPECT_EQ(Said("shopify", {{"closed_at", "2026-01-01T00:00:00Z"}}), "COMPLETED - -");
  EXPECT_EQ(Said("shopify", {{"cancelled_at", "2026-01-01"}, {"closed_at", "2026-01-02"}}),
            "CANCELLED - -");
  EXPECT_EQ(Said("shopify", {{"cancelled_at", ""}, {"closed_at", "null"}}), "- - -");
  EXPECT_EQ(Said("shopify", {{"return_status", "RETURNED"}}), "- - -");
}

TEST(StatusTableTest, TaobaosStatusesAreKnown) {
  const std::pair<const char*, const char*> kPairs[] = {
      {"TRADE_NO_CREATE_PAY", "OPEN UNPAID UNFULFILLED"},
      {"WAIT_BUYER_PAY", "OPEN UNPAID UNFULFILLED"},
      {"PAY_PENDING", "OPEN PENDING UNFULFILLED"},
      {"WAIT_PRE_AUTH_CONFIRM", "OPEN PENDING UNFULFILLED"},
      {"WAIT_SELLER_SEND_GOODS", "OPEN PAID UNFULFILLED"},
      {"SELLER_CONSIGNED_PART", "OPEN PAID PARTIALLY_SHIPPED"},
      {"WAIT_BUYER_CONFIRM_GOODS", "OPEN PAID SHIPPED"},
      {"TRADE_BUYER_SIGNED", "OPEN PAID DELIVERED"},
      {"TRADE_FINISHED", "COMPLETED PAID DELIVERED"},
      {"TRADE_CLOSED", "CLOSED REFUNDED -"},
      {"TRADE_CLOSED_BY_TAOBAO", "CANCELLED - CANCELLED"},
  };
  for (const auto& [status, said] : kPairs) {
    EXPECT_EQ(Said("taobao", {{"status", status}}), said) << status;
    EXPECT_EQ(Said("taobao", {{"status", status}, {"type", "fixed"}}), said) << status;
  }
}

TEST(StatusTableTest, CashOnDeliveryIsUnpaidUntilTheBuyerHasConfirmed) {
  EXPECT_EQ(Said("taobao", {{"status", "WAIT_SELLER_SEND_GOODS"}, {"type", "cod"}}),
            "OPEN UNPAID UNFULFILLED");
  EXPECT_EQ(Said("taobao", {{"status", "WAIT_BUYER_CONFIRM_GOODS"}, {"type", "COD"}}),
            "OPEN UNPAID SHIPPED");
  EXPECT_EQ(Said("taobao", {{"status", "TRADE_FINISHED"}, {"type", "cod"}}),
            "COMPLETED PAID DELIVERED");
}

TEST(StatusTableTest, AnUnknownValueSaysNothingAndIsNamed) {
  const auto translated = Shipped().Translate("shopify", {{"financial_status", "in_the_stars"},
                                                          {"fulfillment_status", "fulfilled"},
                                                          {"mood", "good"}});
  EXPECT_THAT(translated.unknown, ElementsAre("financial_status", "mood"));
  EXPECT_FALSE(translated.said.payment.has_value());
  EXPECT_EQ(translated.said.fulfilment, Fulfilment::kShipped);
}

TEST(StatusTableTest, OfASourceWithoutTableEverythingIsUnknown) {
  EXPECT_THAT(Shipped().Translate("native", {{"status", "paid"}}).unknown, ElementsAre("status"));
  EXPECT_THAT(Shipped().Translate("native", {}).unknown, IsEmpty());
  EXPECT_FALSE(Shipped().knows("native"));
}

std::string Problem(const std::string& yaml) {
  const auto tables = ParseStatuses(yaml);
  EXPECT_FALSE(tables.ok());
  EXPECT_EQ(ErrorReason(tables.status()), "BAD_STATUSES");
  return std::string(tables.status().message());
}

TEST(StatusFileTest, WhatIsWrongIsNamedWithItsLine) {
  const std::string head = "sources:\n  shop:\n    rules:\n";
  EXPECT_THAT(
      Problem(
          head +
          "      - {field: a, value: b, payment: PAID}\n      - {field: a, value: c, pay: PAID}\n"),
      testing::AllOf(HasSubstr("line 5"), HasSubstr("unknown key pay")));
  EXPECT_THAT(Problem(head + "      - {field: a, value: b, payment: PAYED}\n"),
              testing::AllOf(HasSubstr("line 4"), HasSubstr("payment knows no PAYED")));
  EXPECT_THAT(Problem(head + "      - {field: a, value: b}\n"), HasSubstr("needs an axis"));
  EXPECT_THAT(Problem(head + "      - {value: b, state: OPEN}\n"), HasSubstr("needs field"));
  EXPECT_THAT(Problem(head + "      - {field: a, value: b, state: OPEN}\n      - {field: a, value: "
                             "[c, b], state: OPEN}\n"),
              testing::AllOf(HasSubstr("line 5"), HasSubstr("has a rule already")));
  EXPECT_THAT(Problem(head + "      - {field: a, value: [], state: OPEN}\n"),
              HasSubstr("empty list"));
  EXPECT_THAT(Problem(head + "      - {field: a, value: b, where: cod, state: OPEN}\n"),
              HasSubstr("where"));
  EXPECT_THAT(Problem("sources:\n  Shop:\n    rules: []\n"),
              testing::AllOf(HasSubstr("line 2"), HasSubstr("no name of a source")));
  EXPECT_THAT(Problem("sources:\n  shop:\n    rule: []\n"),
              testing::AllOf(HasSubstr("line 3"), HasSubstr("unknown key rule")));
  EXPECT_THAT(Problem("sources:\n  shop: {ignored: [a]}\n"), HasSubstr("needs rules"));
  EXPECT_THAT(Problem("source:\n  shop: {}\n"),
              testing::AllOf(HasSubstr("line 1"), HasSubstr("source")));
  EXPECT_THAT(Problem("sources:\n  shop: [\n"), HasSubstr("line"));
  EXPECT_THAT(Problem("just text"), HasSubstr("expected sources"));
}

}  // namespace
}  // namespace kefu::orders::domain
