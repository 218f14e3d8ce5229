#include "services/inquiries/domain/content_rules.h"

#include <gtest/gtest.h>

#include <string>

#include "services/common/base/status.h"

namespace kefu::inquiries::domain {
namespace {

TEST(ContentRulesTest, WellFormedUtf8IsClean) {
  for (const char* text : {"", "plain", "您好，请问在吗？", "é", "\xF0\x9F\x99\x8F", "\xEF\xBF\xBF",
                           "\xF4\x8F\xBF\xBF", "a\r\nb\tc"}) {
    EXPECT_TRUE(IsCleanUtf8(text)) << text;
  }
}

TEST(ContentRulesTest, MalformedUtf8IsNot) {
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("\x80"), std::string("\xC3"), std::string("\xC0\xAF"),
        std::string("\xC1\x81"), std::string("\xE0\x80\xAF"), std::string("\xED\xA0\x80"),
        std::string("\xE4\xBD"), std::string("\xF0\x80\x80\xAF"), std::string("\xF4\x90\x80\x80"),
        std::string("\xF5\x80\x80\x80"), std::string("\xFF"), std::string("ok\xF0\x9F\x99")}) {
    EXPECT_FALSE(IsCleanUtf8(text)) << testing::PrintToString(text);
  }
}

TEST(ContentRulesTest, TextHasItsLimitInBytes) {
  EXPECT_TRUE(CheckRequiredText("f", std::string(kMaxBody, 'x'), kMaxBody).ok());
  EXPECT_EQ(
      FieldViolationsOf(CheckRequiredText("f", std::string(kMaxBody + 1, 'x'), kMaxBody))[0].field,
      "f");
  EXPECT_FALSE(CheckRequiredText("f", "", kMaxBody).ok());
  EXPECT_TRUE(CheckText("f", "", kMaxBody).ok());
}

TEST(ContentRulesTest, UrlsAreHttpOrHttpsWithAHost) {
  for (const char* url : {"", "http://a", "https://shop.example/p?x=1#y", "HTTPS://A.example",
                          "https://商店.example/"}) {
    EXPECT_TRUE(CheckUrl("u", url).ok()) << url;
  }
  for (const char* url :
       {"javascript:alert(1)", "data:text/html,x", "//host", "/path", "ftp://a", "https://",
        "https:///x", "http:/a", " https://a", "https://a b", "https://a\r\nX: y",
        "https://a\"onclick=", "https://a<b>", "https:\\\\a", "https://a\\b"}) {
    EXPECT_FALSE(CheckUrl("u", url).ok()) << url;
  }
  EXPECT_FALSE(CheckUrl("u", "https://a/" + std::string(kMaxUrl, 'x')).ok());
}

TEST(ContentRulesTest, CurrenciesAreThreeCapitals) {
  EXPECT_TRUE(CheckCurrency("c", "CNY").ok());
  for (const char* currency : {"", "cny", "CN", "CNYY", "C1Y", "¥"})
    EXPECT_FALSE(CheckCurrency("c", currency).ok()) << currency;
}

}  // namespace
}  // namespace kefu::inquiries::domain
