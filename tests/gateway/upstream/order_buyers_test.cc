#include "gateway/upstream/order_buyers.h"

#include <gtest/gtest.h>

#include "proto/kefu/orders/v1/service.pb.h"
#include "services/common/base/status.h"
#include "tests/support/await.h"

namespace kefu::gateway {
namespace {

using orders::v1::UpsertOrdersRequest;

const BuyerId& Known() {
  static const BuyerId buyer = BuyerId::New();
  return buyer;
}

// Knows "ann"; "bad" is malformed, "later" cannot be looked up now.
Task<absl::StatusOr<BuyerId>> BuyerOf(ShopId shop, std::string external_id) {
  EXPECT_EQ(shop.str(), "demo");
  if (external_id == "bad") co_return InvalidField("external_id", "is malformed");
  if (external_id == "later") {
    co_return Error(absl::StatusCode::kUnavailable, "STORE_DOWN", "Try again.");
  }
  co_return Known();
}

absl::Status Name(UpsertOrdersRequest& request) {
  CallContext context;
  context.caller.shop = *ShopId::Parse("demo");
  return test::Await(NameBuyersOfOrders(BuyerOf)(context, request));
}

TEST(OrderBuyersTest, TheShopsOwnIdBecomesTheBuyerItStandsFor) {
  UpsertOrdersRequest request;
  request.add_orders()->set_buyer_external_id("ann");
  ASSERT_TRUE(Name(request).ok());
  EXPECT_EQ(request.orders(0).buyer(), Known().str());
  EXPECT_EQ(request.orders(0).buyer_external_id(), "");
}

TEST(OrderBuyersTest, OrdersWithKefusIdOrNobodysStayAsTheyAre) {
  UpsertOrdersRequest request;
  request.add_orders()->set_buyer("b_1");
  request.add_orders();
  const UpsertOrdersRequest before = request;
  ASSERT_TRUE(Name(request).ok());
  EXPECT_EQ(request.SerializeAsString(), before.SerializeAsString());
}

TEST(OrderBuyersTest, AMalformedOneIsLeftForOrdersToRefuseAndTheOthersAreNamed) {
  UpsertOrdersRequest request;
  request.add_orders()->set_buyer_external_id("bad");
  request.add_orders()->set_buyer_external_id("ann");
  ASSERT_TRUE(Name(request).ok());
  EXPECT_EQ(request.orders(0).buyer_external_id(), "bad");
  EXPECT_EQ(request.orders(1).buyer(), Known().str());
}

TEST(OrderBuyersTest, WhatCannotBeLookedUpNowFailsTheCall) {
  UpsertOrdersRequest request;
  request.add_orders()->set_buyer_external_id("later");
  EXPECT_EQ(Name(request).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace kefu::gateway
