#include "services/records/domain/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu::records::domain {
namespace {

using testing::ElementsAre;

const text::Analyser& Analyser() {
  static const auto analyser = text::Analyser::New();
  EXPECT_TRUE(analyser.ok()) << analyser.status();
  return **analyser;
}

std::vector<std::string> Matches(std::string_view text, std::string_view query) {
  const auto parsed = ParseQuery(Analyser(), query);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  std::vector<std::string> matches;
  if (!parsed.ok()) return matches;
  for (const Span& span : FindMatches(Analyser().Analyse(text), *parsed)) {
    matches.emplace_back(text.substr(span.begin, span.end - span.begin));
  }
  return matches;
}

TEST(Query, WordsMayStandAnywhere) {
  EXPECT_THAT(Matches("Where is my refund for order 4711?", "4711 refunds"),
              ElementsAre("refund", "4711"));
}

TEST(Query, AllWordsMustBeThere) {
  EXPECT_THAT(Matches("where is my refund", "refund exchange"), ElementsAre());
}

TEST(Query, FindsOneTwoAndMoreCharacters) {
  EXPECT_THAT(Matches("我要退货退款", "退"), ElementsAre("退", "退"));
  EXPECT_THAT(Matches("我要退货退款", "退款"), ElementsAre("退款"));
  EXPECT_THAT(Matches("我要退货退款", "要退货退"), ElementsAre("要退货退"));
  EXPECT_THAT(Matches("我要退货退款", "退款货"), ElementsAre());
}

TEST(Query, TraditionalAndSimplifiedFindEachOther) {
  EXPECT_THAT(Matches("我的訂單在哪裡", "订单"), ElementsAre("訂單"));
  EXPECT_THAT(Matches("我的订单在哪里", "訂單"), ElementsAre("订单"));
}

TEST(Query, QuotedWordsMustFollowEachOther) {
  EXPECT_THAT(Matches("red shoes and blue socks", "\"blue socks\""), ElementsAre("blue socks"));
  EXPECT_THAT(Matches("red shoes and blue socks", "\"red socks\""), ElementsAre());
  EXPECT_THAT(Matches("买iPhone 手机壳", "“iphone手机”"), ElementsAre("iPhone 手机"));
  EXPECT_THAT(Matches("手机的 iPhone", "\"手机 iphone\""), ElementsAre());
}

TEST(Query, PartsOfAWordOfLettersAndDigitsAreFound) {
  EXPECT_THAT(Matches("iPhone15Pro", "iphone"), ElementsAre("iPhone"));
  EXPECT_THAT(Matches("iPhone15Pro", "iphone15pro"), ElementsAre("iPhone15Pro"));
}

TEST(Query, OverlappingMatchesAreOne) {
  EXPECT_THAT(Matches("退货退款", "退货 货退"), ElementsAre("退货退"));
}

struct Refusal {
  std::string name, query;
};
class QueryRefused : public testing::TestWithParam<Refusal> {};

TEST_P(QueryRefused, NamesTheField) {
  const auto parsed = ParseQuery(Analyser(), GetParam().query);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(ErrorReason(parsed.status()), "INVALID_FIELD");
  EXPECT_EQ(FieldViolationsOf(parsed.status()).at(0).field, "query");
}

INSTANTIATE_TEST_SUITE_P(All, QueryRefused,
                         testing::Values(Refusal{"Nothing", ""}, Refusal{"Blanks", "   "},
                                         Refusal{"OnlyPunctuation", "，。!?"},
                                         Refusal{"OnlyEmoji", "👍"}, Refusal{"EmptyQuotes", "\"\""},
                                         Refusal{"OpenQuote", "\"blue socks"},
                                         Refusal{"TooLong", std::string(201, 'a')},
                                         Refusal{"NotUtf8", "ab\xFF"},
                                         Refusal{"WithNul", std::string("a\0b", 3)}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace kefu::records::domain
