#include "gateway/directory/domain/fields.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

TEST(Fields, LoginsAreLowerCaseNamesOrAddresses) {
  for (const char* good : {"abc", "li.wei", "li_wei-2", "li@shop.example", "a+b@c"}) {
    EXPECT_TRUE(CheckLogin("login", good).ok()) << good;
  }
  const std::string longest(64, 'a');
  EXPECT_TRUE(CheckLogin("login", longest).ok());
  for (const std::string& bad :
       {std::string(), std::string("ab"), longest + "a", std::string("Li"), std::string("Liwei"),
        std::string("li wei"), std::string("li\nwei"), std::string("\xe5\xb0\x8f\xe7\x8e\x8b"),
        std::string("a\0b", 3)}) {
    const absl::Status status = CheckLogin("login", bad);
    ASSERT_EQ(ErrorReason(status), "INVALID_FIELD") << bad;
    EXPECT_EQ(FieldViolationsOf(status)[0].field, "login");
  }
}

TEST(Fields, PasswordsHaveTenToAHundredAndTwentyEightBytes) {
  EXPECT_FALSE(CheckNewPassword("password", std::string(9, 'x')).ok());
  EXPECT_TRUE(CheckNewPassword("password", std::string(10, 'x')).ok());
  EXPECT_TRUE(CheckNewPassword("password", std::string(128, 'x')).ok());
  EXPECT_FALSE(CheckNewPassword("password", std::string(129, 'x')).ok());
}

TEST(Fields, DisplayNamesAreShortAndOfOneLine) {
  EXPECT_TRUE(CheckDisplayName("n", "\xe5\xb0\x8f\xe7\x8e\x8b <b>", true).ok());
  EXPECT_TRUE(CheckDisplayName("n", "", false).ok());
  EXPECT_FALSE(CheckDisplayName("n", "", true).ok());
  EXPECT_TRUE(CheckDisplayName("n", std::string(128, 'x'), true).ok());
  EXPECT_FALSE(CheckDisplayName("n", std::string(129, 'x'), true).ok());
  EXPECT_FALSE(CheckDisplayName("n", "a\nb", true).ok());
  EXPECT_FALSE(CheckDisplayName("n", "a\x7f", true).ok());
}

TEST(Fields, CapacityIsAtMostAThousand) {
  EXPECT_TRUE(CheckCapacity("c", 0).ok());
  EXPECT_TRUE(CheckCapacity("c", 1000).ok());
  EXPECT_FALSE(CheckCapacity("c", 1001).ok());
}

TEST(Fields, OriginsAreWrittenAsBrowsersWriteThem) {
  for (const char* good : {"https://shop.example", "http://localhost:8080",
                           "https://a-b.example:8443", "http://10.0.0.1"}) {
    EXPECT_TRUE(IsOrigin(good)) << good;
  }
  for (const char* bad : {"",
                          "*",
                          "null",
                          "shop.example",
                          "https://",
                          "https://shop.example/",
                          "https://Shop.example",
                          "https://shop.example:443",
                          "http://shop.example:80",
                          "https://shop.example:",
                          "https://shop.example:0",
                          "https://shop.example:70000",
                          "https://shop.example:8o",
                          "https://user@shop.example",
                          "https://shop..example",
                          "https://shop.example?x",
                          "ftp://shop.example",
                          "javascript:alert(1)",
                          "https://*.example",
                          "https://-a.example"}) {
    EXPECT_FALSE(IsOrigin(bad)) << bad;
  }
  EXPECT_TRUE(CheckOrigins("o", std::vector<std::string>(20, "https://a.example")).ok());
  EXPECT_FALSE(CheckOrigins("o", std::vector<std::string>(21, "https://a.example")).ok());
}

}  // namespace
}  // namespace kefu::gateway::directory
