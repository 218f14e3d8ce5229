#include "gateway/triage/triage.h"

#include <gtest/gtest.h>

#include <string>

namespace kefu::gateway {
namespace {

using common::v1::Opening;

struct Case {
  const char* what;
  common::v1::Category chosen;
  const char* product;
  const char* order;
  const char* parcel;
  common::v1::Category expected;
  v1::Triage::Source source;
};

TEST(Triage, TheBuyersChoiceGoesFirstThenThePage) {
  const Case cases[] = {
      {"nothing", common::v1::CATEGORY_UNSPECIFIED, "", "", "", common::v1::CATEGORY_UNSPECIFIED,
       v1::Triage::SOURCE_UNSPECIFIED},
      {"a choice", common::v1::CATEGORY_COMPLAINT, "", "", "", common::v1::CATEGORY_COMPLAINT,
       v1::Triage::SOURCE_BUYER},
      {"a choice on the page of an order", common::v1::CATEGORY_AFTER_SALES, "", "1001", "",
       common::v1::CATEGORY_AFTER_SALES, v1::Triage::SOURCE_BUYER},
      {"a product", common::v1::CATEGORY_UNSPECIFIED, "CUP-01", "", "",
       common::v1::CATEGORY_PRE_SALE, v1::Triage::SOURCE_PAGE},
      {"an order with its product", common::v1::CATEGORY_UNSPECIFIED, "CUP-01", "1001", "",
       common::v1::CATEGORY_ORDER, v1::Triage::SOURCE_PAGE},
      {"a parcel of an order", common::v1::CATEGORY_UNSPECIFIED, "", "1001", "SF123",
       common::v1::CATEGORY_LOGISTICS, v1::Triage::SOURCE_PAGE},
  };
  for (const Case& each : cases) {
    Opening opening;
    opening.set_category(each.chosen);
    opening.mutable_page()->set_product(each.product);
    opening.mutable_page()->set_order_number(each.order);
    opening.mutable_page()->set_tracking_number(each.parcel);
    const v1::Triage triage = TriageOf(opening);
    EXPECT_EQ(triage.category(), each.expected) << each.what;
    EXPECT_EQ(triage.source(), each.source) << each.what;
  }
}

TEST(Triage, PrioritiesHaveTheNamesOfRoutingConfigurations) {
  EXPECT_EQ(NameOf(common::v1::PRIORITY_UNSPECIFIED), "");
  EXPECT_EQ(NameOf(common::v1::PRIORITY_NORMAL), "");
  EXPECT_EQ(NameOf(common::v1::PRIORITY_MEMBER), "member");
  EXPECT_EQ(NameOf(common::v1::PRIORITY_VIP), "vip");
  EXPECT_EQ(NameOf(common::v1::PRIORITY_URGENT), "urgent");
}

}  // namespace
}  // namespace kefu::gateway
