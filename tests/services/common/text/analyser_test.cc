#include "services/common/text/analyser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

namespace kefu::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Analyser& TheAnalyser() {
  static const auto analyser = Analyser::New();
  EXPECT_TRUE(analyser.ok()) << analyser.status();
  return **analyser;
}

std::vector<std::string> Terms(std::string_view text) {
  std::vector<std::string> terms;
  for (const Token& token : TheAnalyser().Analyse(text)) terms.push_back(token.term);
  return terms;
}

struct Case {
  std::string name;
  std::string text;
  std::vector<std::string> terms;
};

class AnalyserTable : public testing::TestWithParam<Case> {};

TEST_P(AnalyserTable, GivesTheTerms) {
  EXPECT_THAT(Terms(GetParam().text), testing::ElementsAreArray(GetParam().terms));
}

INSTANTIATE_TEST_SUITE_P(
    All, AnalyserTable,
    testing::Values(
        Case{"OneCharacter", "退", {"退"}}, Case{"TwoCharacters", "退款", {"退", "退款", "款"}},
        Case{"ThreeCharacters", "退货款", {"退", "退货", "货", "货款", "款"}},
        Case{"RunsDoNotTouchOverPunctuation",
             "退款，订单",
             {"退", "退款", "款", "订", "订单", "单"}},
        Case{"TraditionalBecomesSimplified",
             "訂單無線",
             {"订", "订单", "单", "单无", "无", "无线", "线"}},
        Case{"EnglishIsStemmedAndLowered", "Delivered DELIVERIES", {"deliv", "deliveri"}},
        Case{"FormsOfAWordMeet",
             "refund refunds refunded refunding",
             {"refund", "refund", "refund", "refund"}},
        Case{"ApostropheInsideAWord", "customer's don’t 'quoted'", {"custom", "don't", "quot"}},
        Case{"Digits", "13800001111", {"13800001111"}},
        Case{"LettersAndDigitsAsAWholeAndInParts",
             "iPhone15Pro",
             {"iphone15pro", "iphon", "15", "pro"}},
        Case{"AWordBesideIdeographs", "买iPhone手机", {"买", "iphon", "手", "手机", "机"}},
        Case{"FullWidthFormsAreAscii", "ＡＢＣ１２", {"abc12", "abc", "12"}},
        Case{"AccentsOfLatinFold", "Café Ünïcode", {"cafe", "unicod"}},
        Case{"CombiningMarksAreLeftOut", "cafe\u0301s", {"cafe"}},
        Case{"OtherScriptsAreWords", "Заказ ΑΒΓ", {"заказ", "αβγ"}},
        Case{
            "KanaAndHangul", "ケース 주문", {"ケ", "ケー", "ー", "ース", "ス", "주", "주문", "문"}},
        Case{"EmojiSeparate", "好👍🏽的❤️", {"好", "的"}},
        Case{"OnlyPunctuation", "，。!? —…", {}}, Case{"Nothing", "", {}},
        Case{"UnderscoreAndHyphenSeparate", "SF-12_34", {"sf", "12", "34"}},
        Case{"BrokenBytesSeparate", "ab\xFF\xC3(\x80退\xE9\x80", {"ab", "退"}},
        Case{"OverlongAndSurrogatesSeparate", "\xC0\xAF\xED\xA0\x80x\xF5\x80\x80\x80", {"x"}}),
    [](const auto& info) { return info.param.name; });

TEST(Analyser, CountsCharactersAndWordsAndNamesTheirBytes) {
  const std::vector<Token> tokens = TheAnalyser().Analyse("買 iPhone15！");
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_EQ(tokens[0].term, "买");
  EXPECT_EQ(tokens[0].position, 0u);
  EXPECT_EQ(tokens[0].begin, 0u);
  EXPECT_EQ(tokens[0].end, 3u);
  EXPECT_EQ(tokens[1].term, "iphone15");
  EXPECT_EQ(tokens[1].position, 1u);
  EXPECT_EQ(tokens[1].begin, 4u);
  EXPECT_EQ(tokens[1].end, 12u);
  EXPECT_EQ(tokens[3].term, "15");
  EXPECT_EQ(tokens[3].position, 1u);
  EXPECT_EQ(tokens[3].begin, 10u);
}

TEST(Analyser, LooksUpRunsByPairsAndWordsByStems) {
  EXPECT_THAT(TheAnalyser().Words("无线耳机 refunds 机 iPhone15"),
              ElementsAre(ElementsAre("无线", "线耳", "耳机"), ElementsAre("refund"),
                          ElementsAre("机"), ElementsAre("iphone15")));
}

TEST(Analyser, ASequenceKeepsThePlacesOfWhatFollows) {
  EXPECT_THAT(TheAnalyser().Sequence("苹果手机 case"),
              ElementsAre("苹果", "果手", "手机", "机", "case"));
  EXPECT_THAT(TheAnalyser().Sequence("…"), IsEmpty());
}

TEST(Analyser, LongWordsAreCutAtACharacter) {
  const auto terms =
      Terms(std::string(200, 'x') + " " + std::string(40, 'a') + "ж" + std::string(22, '1') + "жж");
  EXPECT_EQ(terms[0].size(), 64u);
  for (const std::string& term : terms) EXPECT_LE(term.size(), 64u);
}

// What is looked up must be found in what was indexed: a phrase stands at consecutive positions.
bool Has(const std::vector<Token>& tokens, const Phrase& phrase) {
  const auto at = [&](uint32_t position, const std::string& term) {
    return std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) {
      return token.position == position && token.term == term;
    });
  };
  for (const Token& first : tokens) {
    bool all = true;
    for (uint32_t i = 0; all && i < phrase.size(); ++i) all = at(first.position + i, phrase[i]);
    if (all) return true;
  }
  return phrase.empty();
}

TEST(Analyser, EveryTextHasItsOwnWordsAndItsOwnSequence) {
  const std::vector<std::string> pieces = {"退",   "款",   "訂", "單", "a",      "Z",
                                           "9",    " ",    "，", "é",  "'",      "👍",
                                           "\xFF", "\xE9", "ж",  "ー", "\u0301", "st"};
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = std::uniform_int_distribution<int>(0, 12)(random); i > 0; --i) {
      text += pieces[std::uniform_int_distribution<size_t>(0, pieces.size() - 1)(random)];
    }
    const auto tokens = TheAnalyser().Analyse(text);
    EXPECT_TRUE(Has(tokens, TheAnalyser().Sequence(text))) << text;
    for (const Phrase& word : TheAnalyser().Words(text)) EXPECT_TRUE(Has(tokens, word)) << text;
    for (const Token& token : tokens) {
      EXPECT_LT(token.begin, token.end);
      EXPECT_LE(token.end, text.size());
      EXPECT_FALSE(token.term.empty());
    }
  }
}

TEST(Analyser, SeveralThreadsGetTheSameTerms) {
  const std::string text = "Running refunds 訂單退款 iPhone15 deliveries";
  const auto expected = Terms(text);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) EXPECT_EQ(Terms(text), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace kefu::text
