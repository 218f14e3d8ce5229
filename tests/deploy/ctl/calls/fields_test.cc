#include "deploy/ctl/calls/fields.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include "proto/kefu/after_sales/v1/service.pb.h"
#include "proto/kefu/orders/v1/service.pb.h"
#include "proto/kefu/records/v1/service.pb.h"
#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

using google::protobuf::util::TimeUtil;
using testing::ElementsAre;
using testing::HasSubstr;

std::string Violation(const absl::Status& status) {
  const std::vector<FieldViolation> violations = FieldViolationsOf(status);
  if (violations.empty()) return "";
  return violations.front().field + ": " + violations.front().description;
}

TEST(SetFieldTest, TakesEnumValuesWithoutTheirPrefixInAnyCase) {
  orders::v1::ListOrdersRequest request;
  for (const char* text : {"on_hold", "On-Hold", "STATE_ON_HOLD"}) {
    request.Clear();
    EXPECT_TRUE(SetField(&request, "state", text).ok()) << text;
    EXPECT_EQ(request.state(), orders::v1::Order::STATE_ON_HOLD) << text;
  }
  EXPECT_THAT(Violation(SetField(&request, "state", "unspecified")),
              HasSubstr("none of open, on_hold, completed, cancelled"));
}

TEST(SetFieldTest, TakesDaysAndTimes) {
  records::v1::ListSessionsRequest request;
  ASSERT_TRUE(SetField(&request, "from_time", "2026-11-22").ok());
  ASSERT_TRUE(SetField(&request, "to_time", "2026-11-22T08:30:00+08:00").ok());
  EXPECT_EQ(TimeUtil::ToString(request.from_time()), "2026-11-22T00:00:00Z");
  EXPECT_EQ(TimeUtil::ToString(request.to_time()), "2026-11-22T00:30:00Z");
  EXPECT_THAT(Violation(SetField(&request, "to_time", "tomorrow")), HasSubstr("not a time"));
}

TEST(SetFieldTest, PutsPartsIntoAMessage) {
  after_sales::v1::OpenCaseRequest request;
  ASSERT_TRUE(SetField(&request, "lines", "L1:2", {"line", "quantity"}).ok());
  ASSERT_TRUE(SetField(&request, "lines", "L2", {"line", "quantity"}).ok());
  ASSERT_EQ(request.lines_size(), 2);
  EXPECT_EQ(request.lines(0).line(), "L1");
  EXPECT_EQ(request.lines(0).quantity(), 2u);
  EXPECT_EQ(request.lines(1).quantity(), 0u);
  EXPECT_THAT(Violation(SetField(&request, "lines", "L1:two", {"line", "quantity"})),
              HasSubstr("quantity: \"two\" is not a number"));
  EXPECT_THAT(Violation(SetField(&request, "lines", ":2", {"line", "quantity"})),
              HasSubstr("empty part"));
}

TEST(SetFieldTest, RefusesWhatTheMessageDoesNotHave) {
  orders::v1::GetOrderRequest request;
  EXPECT_THAT(Violation(SetField(&request, "odrer", "o_1")), HasSubstr("no such field"));
  EXPECT_THAT(Violation(SetField(&request, "actor", "x")), HasSubstr("cannot be given"));
}

TEST(FieldTextTest, ShowsMoneyEnumsTimesAndWhatIsMissing) {
  orders::v1::Order order;
  order.set_payment(orders::v1::Order::PAYMENT_PARTIALLY_PAID);
  order.mutable_totals()->mutable_total()->set_currency("CNY");
  order.mutable_totals()->mutable_total()->set_minor_units(1990);
  *order.mutable_create_time() = TimeUtil::SecondsToTimestamp(0);
  order.add_lines();
  order.add_lines();
  EXPECT_EQ(FieldText(order, "payment"), "PARTIALLY_PAID");
  EXPECT_EQ(FieldText(order, "totals.total"), "19.90 CNY");
  EXPECT_EQ(FieldText(order, "totals.paid"), "-");
  EXPECT_EQ(FieldText(order, "contact.name"), "-");
  EXPECT_EQ(FieldText(order, "create_time"), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FieldText(order, "lines"), "2");
}

TEST(DescribeTest, ShowsEverythingThatIsSetIndented) {
  orders::v1::Order order;
  order.set_order("o_1");
  order.add_lines()->set_sku("red");
  order.add_lines()->set_quantity(3);
  EXPECT_EQ(Describe(order),
            "order: o_1\n"
            "lines:\n"
            "  sku: red\n"
            "lines:\n"
            "  quantity: 3");
}

class ParseItemsTest : public testing::Test {
 protected:
  const google::protobuf::FieldDescriptor& field_ =
      *orders::v1::UpsertOrdersRequest::descriptor()->FindFieldByName("orders");

  std::vector<std::string> Numbers(const std::string& text) {
    std::vector<std::string> numbers;
    const auto items = ParseItems(field_, text);
    EXPECT_TRUE(items.ok()) << items.status();
    if (!items.ok()) return numbers;
    for (const auto& item : *items) numbers.push_back(FieldText(*item, "number"));
    return numbers;
  }
};

TEST_F(ParseItemsTest, TakesLinesArraysAndObjects) {
  EXPECT_THAT(Numbers("{\"number\":\"1\"}\n\n{\"number\":\"2\"}\n"), ElementsAre("1", "2"));
  EXPECT_THAT(Numbers("[{\"number\":\"1\"},\n{\"number\":\"2\"}]"), ElementsAre("1", "2"));
  EXPECT_THAT(Numbers("{\"orders\":[{\"number\":\"1\"}]}"), ElementsAre("1"));
  EXPECT_THAT(Numbers("{\"number\":\"1\"}"), ElementsAre("1"));
}

TEST_F(ParseItemsTest, SaysWhichItemIsWrong) {
  const auto items = ParseItems(field_, "{\"number\":\"1\"}\n{\"nubmer\":\"2\"}\n");
  EXPECT_THAT(Violation(items.status()), HasSubstr("orders[1]"));
  EXPECT_FALSE(ParseItems(field_, "").ok());
}

}  // namespace
}  // namespace kefu::ctl
