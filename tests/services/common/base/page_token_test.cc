#include "services/common/base/page_token.h"

#include <gtest/gtest.h>

#include <string>

#include "services/common/base/status.h"

namespace kefu::page_token {
namespace {

TEST(PageToken, AnswersThePositionItWasMadeOf) {
  const std::string query = Query({"shop-a", "b_1", "OPEN"});
  const std::string position("17\0 o_x", 7);
  const auto decoded = Decode(query, Encode(query, position));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, position);
}

TEST(PageToken, AnEmptyTokenIsTheFirstPage) {
  const auto decoded = Decode("anything", "");
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, "");
}

TEST(PageToken, IsGoodForItsOwnQueryOnly) {
  const std::string token = Encode(Query({"shop-a", "b_1"}), "17");
  EXPECT_EQ(ErrorReason(Decode(Query({"shop-a", "b_2"}), token).status()), "BAD_PAGE_TOKEN");
  EXPECT_EQ(ErrorReason(Decode(Query({"shop-b", "b_1"}), token).status()), "BAD_PAGE_TOKEN");
}

TEST(PageToken, PartsOfAQueryDoNotRunIntoEachOther) {
  EXPECT_NE(Query({"ab", "c"}), Query({"a", "bc"}));
  EXPECT_NE(Query({"a", ""}), Query({"a"}));
  EXPECT_NE(Query({"1:a,", ""}), Query({"", "1:a,"}));
}

TEST(PageToken, WhatWasAlteredIsRefused) {
  const std::string query = Query({"shop-a"});
  const std::string token = Encode(query, "1718000000000 o_x");
  for (size_t i = 0; i < token.size(); ++i) {
    std::string altered = token;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(Decode(query, altered).ok()) << i;
    for (int byte = 0x80; byte <= 0xff; ++byte) {
      altered[i] = static_cast<char>(byte);
      EXPECT_FALSE(Decode(query, altered).ok()) << i << " " << byte;
    }
    EXPECT_FALSE(Decode(query, token.substr(0, i + 1 < token.size() ? i + 1 : 1)).ok()) << i;
  }
  for (const char* bad : {"!", "AA==", "not a token", "AAAA"})
    EXPECT_EQ(ErrorReason(Decode(query, bad).status()), "BAD_PAGE_TOKEN") << bad;
  EXPECT_FALSE(Decode(query, std::string(5000, 'A')).ok());
}

}  // namespace
}  // namespace kefu::page_token
