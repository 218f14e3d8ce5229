#include "services/common/base/ids.h"

#include <gtest/gtest.h>

#include <set>

namespace kefu {
namespace {

TEST(Ids, NewTokensAreTokensAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = NewToken();
    EXPECT_TRUE(IsToken(token)) << token;
    EXPECT_TRUE(seen.insert(token).second) << token;
  }
}

TEST(Ids, ADerivedTokenDependsOnSecretAndText) {
  EXPECT_EQ(DeriveToken("secret", "text"), DeriveToken("secret", "text"));
  EXPECT_NE(DeriveToken("secret", "text"), DeriveToken("secret", "texu"));
  EXPECT_NE(DeriveToken("secret", "text"), DeriveToken("secreu", "text"));
  EXPECT_TRUE(IsToken(DeriveToken("", "")));
}

TEST(Ids, ASessionKnowsItsConversationAndBuyer) {
  const BuyerId buyer = BuyerId::New();
  const ConversationId conversation = ConversationOf(buyer);
  const SessionId session(conversation, 12);
  const auto parsed = SessionId::Parse(session.str());
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->conversation(), conversation);
  EXPECT_EQ(parsed->ordinal(), 12u);
  EXPECT_EQ(BuyerOf(conversation), buyer);
}

TEST(Ids, OnlyWellFormedSessionsAreTaken) {
  const std::string good = SessionId(ConversationId::New(), 1).str();
  EXPECT_TRUE(SessionId::Parse(good).ok());
  for (const std::string& bad :
       {std::string(), good.substr(0, 28), good.substr(0, 29), good + "x", "c" + good.substr(1),
        good.substr(0, 29) + "0", good.substr(0, 29) + "01", good.substr(0, 29) + "99999999999",
        good.substr(0, 29) + "-1"}) {
    EXPECT_FALSE(SessionId::Parse(bad).ok()) << bad;
  }
}

TEST(Ids, OnlyWellFormedTokenIdsAreTaken) {
  const std::string good = BuyerId::New().str();
  EXPECT_TRUE(BuyerId::Parse(good).ok());
  EXPECT_FALSE(ConversationId::Parse(good).ok());
  for (const std::string& bad :
       {std::string(), std::string("b"), std::string("b_"), good + "a", good.substr(0, 27),
        "B" + good.substr(1), good.substr(0, 27) + "}"}) {
    EXPECT_FALSE(BuyerId::Parse(bad).ok()) << bad;
  }
}

TEST(Ids, OnlyWellFormedShopsAreTaken) {
  for (const char* good : {"demo", "a1", "my-shop-2"})
    EXPECT_TRUE(ShopId::Parse(good).ok()) << good;
  for (const char* bad : {"", "a", "1shop", "-shop", "Shop", "shop}", "sh op", "shop/x",
                          "abcdefghijklmnopqrstuvwxyz1234567"}) {
    EXPECT_FALSE(ShopId::Parse(bad).ok()) << bad;
  }
}

TEST(Ids, RequestIdsAreBoundedAndPlain) {
  EXPECT_TRUE(CheckRequestId("0b1f4a3e-8b0e-4d3c-9f57-7f0f0f2b6f10").ok());
  for (const std::string& bad :
       {std::string(), std::string("short"), std::string(65, 'a'), std::string("has a space"),
        std::string("line\nbreak"), std::string("umläut-123")}) {
    EXPECT_FALSE(CheckRequestId(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace kefu
