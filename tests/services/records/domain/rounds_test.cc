#include "services/records/domain/rounds.h"

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <random>

namespace kefu::records::domain {

void PrintTo(const Round& round, std::ostream* out) {
  *out << "{asked " << round.asked_seq << ", answered " << round.answered_seq << " by "
       << round.agent << "}";
}

namespace {

Said Buyer(uint64_t seq, int64_t ms) { return {seq, {ms}, Party::kBuyer, ""}; }
Said Agent(uint64_t seq, int64_t ms, std::string agent = "ada") {
  return {seq, {ms}, Party::kPerson, std::move(agent)};
}
Said Nobody(uint64_t seq, int64_t ms) { return {seq, {ms}, Party::kNobody, ""}; }

struct Case {
  std::string name;
  std::vector<Said> messages;
  std::vector<Round> rounds;
  Tally tally;
};

class RoundsTable : public testing::TestWithParam<Case> {};

TEST_P(RoundsTable, FoldsTo) {
  const Rounds folded = FoldAll(GetParam().messages);
  EXPECT_EQ(folded.rounds, GetParam().rounds);
  EXPECT_EQ(folded.tally, GetParam().tally);
}

INSTANTIATE_TEST_SUITE_P(
    All, RoundsTable,
    testing::Values(
        Case{"Nothing", {}, {}, {}},
        Case{"AQuestionWaits", {Buyer(1, 10)}, {{1, {10}, 0, {}, ""}}, {1, 1, 0, 1, {10}, {}}},
        Case{"AnAnswerEndsIt",
             {Buyer(1, 10), Agent(2, 25)},
             {{1, {10}, 2, {25}, "ada"}},
             {2, 1, 1, 0, {}, 15}},
        Case{"SeveralQuestionsAreOneRoundFromTheFirst",
             {Buyer(1, 10), Buyer(2, 20), Agent(3, 40)},
             {{1, {10}, 3, {40}, "ada"}},
             {3, 2, 1, 0, {}, 30}},
        Case{"FurtherAnswersBelongToNoRound",
             {Buyer(1, 10), Agent(2, 12), Agent(3, 50)},
             {{1, {10}, 2, {12}, "ada"}},
             {3, 1, 2, 0, {}, 2}},
        Case{"TheSystemAnswersNothing",
             {Buyer(1, 10), Nobody(2, 11), Agent(3, 15)},
             {{1, {10}, 3, {15}, "ada"}},
             {3, 1, 1, 0, {}, 5}},
        Case{"AnAgentWhoSpeaksFirstAnswersNothing",
             {Agent(1, 5), Buyer(2, 10), Agent(3, 30)},
             {{2, {10}, 3, {30}, "ada"}},
             {3, 1, 2, 0, {}, 20}},
        Case{"WhoAnswersHasTheRound",
             {Buyer(1, 10), Agent(2, 20, "ada"), Buyer(3, 30), Agent(4, 70, "bo")},
             {{1, {10}, 2, {20}, "ada"}, {3, {30}, 4, {70}, "bo"}},
             {4, 2, 2, 0, {}, 10}},
        Case{"AnswersAtOnceCountAsZero",
             {Buyer(1, 10), Agent(2, 10)},
             {{1, {10}, 2, {10}, "ada"}},
             {2, 1, 1, 0, {}, 0}}),
    [](const auto& info) { return info.param.name; });

// The definition, written down without any cleverness: a buyer's message begins a round unless an
// earlier one since the last answer did; the next person's message ends it.
Rounds Naive(const std::vector<Said>& messages) {
  Rounds all;
  for (size_t i = 0; i < messages.size(); ++i) {
    all.tally.last_seq = messages[i].seq;
    if (messages[i].party == Party::kPerson) ++all.tally.agent_messages;
    if (messages[i].party != Party::kBuyer) continue;
    ++all.tally.buyer_messages;
    bool first = true;
    for (size_t j = i; j-- > 0 && messages[j].party != Party::kPerson;) {
      if (messages[j].party == Party::kBuyer) first = false;
    }
    if (!first) continue;
    Round round{.asked_seq = messages[i].seq, .asked = messages[i].time};
    for (size_t j = i + 1; j < messages.size(); ++j) {
      if (messages[j].party != Party::kPerson) continue;
      round.answered_seq = messages[j].seq;
      round.answered = messages[j].time;
      round.agent = messages[j].agent;
      break;
    }
    if (round.answered_seq == 0) {
      all.tally.waiting_seq = round.asked_seq;
      all.tally.waiting_since = round.asked;
    }
    all.rounds.push_back(round);
  }
  if (!all.rounds.empty() && all.rounds[0].answered_seq != 0) {
    all.tally.first_response_ms = all.rounds[0].answered - all.rounds[0].asked;
  }
  return all;
}

TEST(Rounds, FoldingStepByStepEqualsTheDefinition) {
  std::mt19937 random(11);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  for (int round = 0; round < 3000; ++round) {
    std::vector<Said> messages;
    int64_t now = 1000;
    uint64_t seq = 0;
    Tally tally;
    std::map<uint64_t, Round> rows;
    for (int i = below(20); i > 0; --i) {
      now += below(500);
      seq += 1 + below(3);
      const int who = below(5);
      messages.push_back(who < 2   ? Buyer(seq, now)
                         : who < 4 ? Agent(seq, now, who == 2 ? "ada" : "bo")
                                   : Nobody(seq, now));
      // As the store does it: rows are written anew by where they begin.
      if (const auto changed = Fold(messages.back(), &tally)) rows[changed->asked_seq] = *changed;
    }
    const Rounds expected = Naive(messages);
    EXPECT_EQ(FoldAll(messages).rounds, expected.rounds);
    EXPECT_EQ(tally, expected.tally);
    ASSERT_EQ(rows.size(), expected.rounds.size());
    for (const Round& one : expected.rounds) EXPECT_EQ(rows[one.asked_seq], one);
  }
}

}  // namespace
}  // namespace kefu::records::domain
