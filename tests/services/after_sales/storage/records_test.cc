#include "services/after_sales/storage/records.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "proto/kefu/after_sales/v1/record.pb.h"
#include "services/after_sales/storage/notes.h"
#include "services/common/base/status.h"
#include "tests/services/after_sales/support/cases.h"

namespace kefu::after_sales::storage {
namespace {

using test::Desk;

// With every note sealed, as everything is that is stored.
domain::OrderCases Sealed(const Desk& desk) {
  static const auto* key =
      new seal::DataKeyPtr(std::make_shared<const seal::DataKey>(seal::DataKey::Random()));
  domain::OrderCases order = desk.order;
  SealNotes({{test::Buyer(), *key}}, &order);
  return order;
}

TEST(RecordsTest, CasesOfEveryKindInEveryStateComeBackAsTheyWere) {
  for (const domain::Kind kind : test::Kinds()) {
    for (int i = 0; i < domain::kStates; ++i) {
      const std::optional<Desk> desk = test::DeskAt(kind, static_cast<domain::State>(i));
      if (!desk) continue;
      const domain::OrderCases order = Sealed(*desk);
      const auto decoded = Decode(order.order, Encode(order));
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_EQ(*decoded, order);
    }
  }
}

TEST(RecordsTest, ParcelsAndFailedRefundsComeBackAsTheyWere) {
  Desk desk = *test::DeskAt(domain::Kind::kExchange, domain::State::kApprovedAwaitingReturn);
  ASSERT_TRUE(desk.Do(domain::ReportReturn{{"shunfeng", "SF1001"}}).ok());
  ASSERT_TRUE(desk.Do(domain::ReceiveReturn{}).ok());
  ASSERT_TRUE(desk.Do(domain::InspectReturn{}).ok());
  ASSERT_TRUE(desk.Do(domain::AcceptExchange{}).ok());
  ASSERT_TRUE(desk.Do(domain::OrderRefund{"5"}).ok());
  ASSERT_TRUE(desk.Do(desk.Settle(false)).ok());
  const domain::OrderCases order = Sealed(desk);
  const auto decoded = Decode(order.order, Encode(order));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, order);
}

TEST(RecordsTest, OthersSeeIdsCauseUnitPriceEtagAndTheDeadline) {
  const Desk desk =
      *test::DeskAt(domain::Kind::kReturnRefund, domain::State::kApprovedAwaitingReturn);
  const v1::Case one = ToProto(desk.order, desk.At());
  EXPECT_EQ(one.case_(), desk.Id().str());
  EXPECT_EQ(one.order(), desk.order.order.str());
  EXPECT_EQ(one.order_number(), "N-1");
  EXPECT_EQ(one.cause(), v1::Case::CAUSE_BUYER_REMORSE);
  EXPECT_EQ(one.lines(0).unit_price().minor_units(), 3'333);
  EXPECT_EQ(one.lines(0).total().minor_units(), 10'000);
  EXPECT_EQ(one.etag(), "2");
  EXPECT_EQ(one.deadline_state(), "CLOSED");
  EXPECT_TRUE(one.has_deadline());
  EXPECT_EQ(one.history(1).note(), "because");
  EXPECT_EQ(WithoutNotes(one).history(1).note(), "");
}

TEST(RecordsTest, RefundsAreNumbered) {
  const Desk desk = *test::DeskAt(domain::Kind::kRefundOnly, domain::State::kRefundFailed);
  EXPECT_EQ(ToProto(desk.order, desk.At()).refunds(0).refund(), desk.Id().str() + "_r1");
}

TEST(RecordsTest, BrokenAndLaterRecordsAreRefused) {
  const OrderId order = OrderIdOf("test", "N-1");
  EXPECT_EQ(ErrorReason(Decode(order, "\xff\xff").status()), "BAD_RECORD");
  EXPECT_EQ(
      ErrorReason(Decode(order, Encode(domain::OrderCases(OrderIdOf("test", "N-2")))).status()),
      "BAD_RECORD");
  v1::OrderCasesRecord later;
  later.set_order(order.str());
  later.set_record_version(3);
  EXPECT_EQ(ErrorReason(Decode(order, later.SerializeAsString()).status()), "RECORD_TOO_NEW");
  v1::OrderCasesRecord noted;
  noted.set_order(order.str());
  noted.add_cases()->add_notes();
  EXPECT_EQ(ErrorReason(Decode(order, noted.SerializeAsString()).status()), "BAD_RECORD");
  noted.mutable_cases(0)->mutable_case_()->add_history();
  EXPECT_EQ(ErrorReason(Decode(order, noted.SerializeAsString()).status()), "BAD_RECORD");
}

TEST(RecordsTest, ClearNotesAreNeverWritten) {
  const Desk desk =
      *test::DeskAt(domain::Kind::kReturnRefund, domain::State::kApprovedAwaitingReturn);
  EXPECT_EQ(Encode(desk.order).find("because"), std::string::npos);
  EXPECT_EQ(Encode(Sealed(desk)).find("because"), std::string::npos);
}

TEST(RecordsTest, WhatTheReleaseBeforeCanReadIsWrittenAsItsVersion) {
  const auto version = [](const std::string& bytes) {
    v1::OrderCasesRecord record;
    EXPECT_TRUE(record.ParseFromString(bytes));
    return record.record_version();
  };
  EXPECT_EQ(
      version(Encode(Sealed(*test::DeskAt(domain::Kind::kExchange, domain::State::kRequested)))),
      1u);
  EXPECT_EQ(
      version(Encode(Sealed(*test::DeskAt(domain::Kind::kExchange, domain::State::kRejected)))),
      2u);
}

}  // namespace
}  // namespace kefu::after_sales::storage
