#include "services/records/storage/transcripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

#include "services/common/base/status.h"
#include "services/records/storage/reports.h"
#include "services/records/storage/search.h"
#include "tests/services/records/support/facts.h"
#include "tests/services/records/support/world.h"

namespace kefu::records::storage {
namespace {

using test::Person;
using test::Talk;
using test::World;
using testing::ElementsAre;
using testing::IsEmpty;

class TranscriptsTest : public testing::Test {
 protected:
  void Keep(std::vector<Fact> facts) { ASSERT_TRUE(world_.Keep(shop_, std::move(facts)).ok()); }
  std::vector<Hit> Find(const std::string& words, SearchQuery query = {}, uint32_t limit = 100) {
    const auto parsed = domain::ParseQuery(test::TheAnalyser(), words);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    query.query = *parsed;
    query.limit = limit;
    return world_.Query<std::vector<Hit>>(
        [&](soci::session& sql) { return Search(sql, shop_, query); });
  }
  std::vector<std::string> Texts(const std::string& words, SearchQuery query = {}) {
    std::vector<std::string> texts;
    for (const Hit& hit : Find(words, std::move(query))) texts.push_back(hit.text);
    return texts;
  }
  std::vector<SessionRow> Sessions(SessionQuery query = {}) {
    return world_.Query<std::vector<SessionRow>>(
        [&](soci::session& sql) { return ListSessions(sql, shop_, query); });
  }
  std::vector<RoundRow> Rounds(RoundQuery query = {}) {
    return world_.Query<std::vector<RoundRow>>(
        [&](soci::session& sql) { return ListRounds(sql, shop_, query); });
  }

  World world_;
  const ShopId shop_ = *ShopId::Parse("demo");
  const ShopId other_ = *ShopId::Parse("other");
  const Person ada_, bo_;
};

TEST_F(TranscriptsTest, EntriesAreFoundByTheirWordsNewestFirst) {
  Talk talk;
  Keep({talk.Buyer("我的訂單什麼時候發貨？")});
  talk.now_ms += 1000;
  Keep({talk.Agent(ada_, "订单今天发货")});
  talk.now_ms += 1000;
  Keep({talk.Buyer("Great, I was waiting for deliveries")});
  EXPECT_THAT(Texts("订单"), ElementsAre("订单今天发货", "我的訂單什麼時候發貨？"));
  EXPECT_THAT(Texts("單"), ElementsAre("订单今天发货", "我的訂單什麼時候發貨？"));
  EXPECT_THAT(Texts("发货 今天"), ElementsAre("订单今天发货"));
  EXPECT_THAT(Texts("WAIT delivery"), ElementsAre("Great, I was waiting for deliveries"));
  EXPECT_THAT(Texts("退款"), IsEmpty());
  EXPECT_TRUE(world_.CheckIndex().ok());
}

TEST_F(TranscriptsTest, AHitSaysWhereItIsAndWhoSaidIt) {
  Talk talk;
  Keep({talk.Buyer("第一"), talk.Agent(ada_, "第二")});
  const auto hits = Find("第");
  ASSERT_EQ(hits.size(), 2u);
  EXPECT_EQ(hits[0].sender, ada_.name());
  EXPECT_EQ(hits[1].sender, talk.buyer.str());
  EXPECT_EQ(hits[1].conversation, talk.conversation.str());
  EXPECT_EQ(hits[1].session, talk.session().str());
  EXPECT_EQ(hits[1].seq, 1u);
  EXPECT_EQ(hits[1].time.ms, talk.now_ms);
}

TEST_F(TranscriptsTest, ASearchKeepsToItsShopConversationAgentAndTime) {
  Talk first, second;
  second.now_ms += 5000;
  Keep({first.Buyer("refund a"), first.Agent(ada_, "refund b")});
  Keep({second.Buyer("refund c"), second.Agent(bo_, "refund d")});
  Talk foreign;
  ASSERT_TRUE(world_.Keep(other_, {foreign.Buyer("refund of another shop")}).ok());
  EXPECT_THAT(Texts("refund"), ElementsAre("refund d", "refund c", "refund b", "refund a"));
  EXPECT_THAT(Texts("refund", {.conversation = first.conversation.str()}),
              ElementsAre("refund b", "refund a"));
  EXPECT_THAT(Texts("refund", {.agent = bo_.name()}), ElementsAre("refund d"));
  EXPECT_THAT(Texts("refund", {.from = TimePoint{second.now_ms}}),
              ElementsAre("refund d", "refund c"));
  EXPECT_THAT(Texts("refund", {.to = TimePoint{second.now_ms}}),
              ElementsAre("refund b", "refund a"));
}

TEST_F(TranscriptsTest, PagesOfASearchFollowEachOther) {
  Talk talk;
  for (int i = 0; i < 25; ++i) {
    talk.now_ms += i % 3;  // several at one moment
    Keep({talk.Buyer("order " + std::to_string(i))});
  }
  std::vector<std::string> all;
  SearchQuery query;
  for (;;) {
    const auto page = Find("orders", query, 7);
    if (page.empty()) break;
    for (const Hit& hit : page) all.push_back(hit.text);
    query.before_id = page.back().id;
  }
  ASSERT_EQ(all.size(), 25u);
  for (int i = 0; i < 25; ++i) EXPECT_EQ(all[24 - i], "order " + std::to_string(i));
}

TEST_F(TranscriptsTest, WordsThatLookLikeAQueryLanguageAreWords) {
  Talk talk;
  Keep({talk.Buyer("NOT a AND b OR c NEAR d"), talk.Buyer("x' OR '1'='1")});
  EXPECT_THAT(Texts("not near"), ElementsAre("NOT a AND b OR c NEAR d"));
  EXPECT_THAT(Texts("a* OR (b)"), ElementsAre("NOT a AND b OR c NEAR d"));
  EXPECT_THAT(Texts("' OR '1'='1"), ElementsAre("x' OR '1'='1"));
}

TEST_F(TranscriptsTest, ARecalledEntryIsNotFoundAnyMore) {
  Talk talk;
  Keep({talk.Buyer("secret words"), talk.Buyer("other words")});
  Keep({talk.Recall(1)});
  EXPECT_THAT(Texts("words"), ElementsAre("other words"));
  EXPECT_TRUE(world_.CheckIndex().ok());
}

TEST_F(TranscriptsTest, ARecallHoldsThoughItComesFirst) {
  Talk talk;
  const EntryFact recalled = talk.Buyer("secret words");
  Keep({talk.Recall(recalled.seq)});
  Keep({recalled});
  EXPECT_THAT(Texts("words"), IsEmpty());
}

TEST_F(TranscriptsTest, ARedactedCopyTakesTheTextAway) {
  Talk talk;
  EntryFact entry = talk.Buyer("secret words");
  Keep({entry});
  entry.redacted = true;
  entry.text.clear();
  Keep({entry});
  EXPECT_THAT(Texts("words"), IsEmpty());
  EXPECT_TRUE(world_.CheckIndex().ok());
}

TEST_F(TranscriptsTest, ASessionCountsItsMessagesAndTheFirstResponse) {
  Talk talk;
  const SessionFact opened = talk.Opened();
  Keep({opened, talk.Buyer("a")});
  talk.now_ms += 1000;
  Keep({talk.Entry(test::kSystemKind, "", ""), talk.Note(ada_, "note"), talk.Buyer("b")});
  talk.now_ms += 2500;
  Keep({talk.Owner(ada_, 1), talk.Agent(ada_, "c"), talk.Agent(ada_, "d")});
  const auto rows = Sessions();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].session, talk.session().str());
  EXPECT_EQ(rows[0].buyer, talk.buyer.str());
  EXPECT_EQ(rows[0].agent, ada_.name());
  EXPECT_EQ(rows[0].category, 2);
  EXPECT_EQ(rows[0].buyer_messages, 2u);
  EXPECT_EQ(rows[0].agent_messages, 2u);
  EXPECT_EQ(rows[0].first_response_ms, 3500);
  EXPECT_EQ(rows[0].open, opened.open_time);
  const auto rounds = Rounds();
  ASSERT_EQ(rounds.size(), 1u);
  EXPECT_EQ(rounds[0].round.answered_seq, 5u);
}

TEST_F(TranscriptsTest, TheLastRatingOfASessionCountsAndAsksNothing) {
  Talk talk;
  Keep({talk.Opened(), talk.Buyer("a"), talk.Agent(ada_, "b")});
  const EntryFact first = talk.Rating(2, "slow"), second = talk.Rating(5, "but good");
  Keep({second});
  EXPECT_EQ(Sessions().at(0).stars, 5u);
  Keep({first});
  Keep({first, second});
  EXPECT_EQ(Sessions().at(0).stars, 5u);
  EXPECT_EQ(Sessions().at(0).buyer_messages, 1u);
  EXPECT_EQ(Rounds({.session = talk.session().str()}).size(), 1u);
  EXPECT_THAT(Texts("good"), ElementsAre("but good"));
  // It was in a tail that was lost.
  EntryFact instead = talk.Agent(ada_, "bye");
  instead.seq = second.seq;
  instead.store_epoch = 2;
  Keep({instead});
  EXPECT_EQ(Sessions().at(0).stars, 2u);
  Keep({ErasureFact{talk.buyer, {talk.now_ms}}});
  EXPECT_EQ(Sessions().at(0).stars, 2u);
  EXPECT_THAT(Texts("slow"), IsEmpty());
}

TEST_F(TranscriptsTest, TheLastOwnerIsTheAgentOfTheSession) {
  Talk talk;
  Keep({talk.Opened(), talk.Owner(ada_, 1), talk.Owner(bo_, 3)});
  Keep({talk.Owner(ada_, 2)});               // late
  Keep({OwnerFact{talk.session(), 4, ""}});  // it waits again
  EXPECT_EQ(Sessions().at(0).agent, bo_.name());
}

TEST_F(TranscriptsTest, ALaterStateOfASessionStays) {
  Talk talk;
  const SessionFact opened = talk.Opened();
  talk.now_ms += 500;
  const SessionFact closed = talk.Closed(opened);
  SessionFact reopened = opened;
  reopened.reopened = 1;
  Keep({opened, closed});
  EXPECT_EQ(Sessions().at(0).close_reason, "solved");
  Keep({opened});
  EXPECT_EQ(Sessions().at(0).close_reason, "solved");
  Keep({reopened});
  EXPECT_EQ(Sessions().at(0).close.ms, 0);
  Keep({closed});
  EXPECT_EQ(Sessions().at(0).close.ms, 0);
}

TEST_F(TranscriptsTest, ASessionWhoseOpeningIsUnknownBeganWithItsFirstEntry) {
  Talk talk;
  const int64_t begin = talk.now_ms;
  Keep({talk.Buyer("a")});
  talk.now_ms += 1000;
  Keep({talk.Buyer("b")});
  EXPECT_EQ(Sessions().at(0).open.ms, begin);
}

TEST_F(TranscriptsTest, SessionsAreListedByBuyerAgentAndTimeInPages) {
  std::vector<Talk> talks;
  for (int i = 0; i < 7; ++i) {
    talks.emplace_back(1'700'000'000'000 + i * 1000);
    Keep({talks[i].Opened(), talks[i].Owner(i % 2 == 0 ? ada_ : bo_, 1)});
  }
  EXPECT_EQ(Sessions({.buyer = talks[3].buyer.str()}).size(), 1u);
  EXPECT_EQ(Sessions({.agent = ada_.name()}).size(), 4u);
  EXPECT_EQ(Sessions({.opened = {.from = TimePoint{talks[5].now_ms}}}).size(), 2u);
  EXPECT_EQ(Sessions({.opened = {.to = TimePoint{talks[5].now_ms}}}).size(), 5u);
  std::vector<std::string> paged;
  SessionQuery query{.limit = 3};
  for (auto page = Sessions(query); !page.empty(); page = Sessions(query)) {
    for (const SessionRow& row : page) paged.push_back(row.session);
    query.after = {page.back().open, page.back().session};
  }
  ASSERT_EQ(paged.size(), 7u);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(paged[i], talks[6 - i].session().str());
}

TEST_F(TranscriptsTest, AnErasedBuyersWordsAreGoneAndTheFiguresStay) {
  Talk erased, other;
  Keep({erased.Opened(), erased.Buyer("my name is Zzyzx"), other.Buyer("Zzyzx is a road")});
  erased.now_ms += 400;
  Keep({erased.Agent(ada_, "Hello Zzyzx")});
  redis::DeadLetter letter{.source = "inquiries", .event = "e1"};
  events::v1::Envelope envelope;
  envelope.set_subject(erased.conversation.str());
  letter.envelope = envelope.SerializeAsString();
  ASSERT_TRUE(test::Await(world_.cursors().Bury(shop_, letter, {}, {1, 1})).ok());
  Keep({ErasureFact{erased.buyer, {erased.now_ms}}});
  EXPECT_THAT(Texts("zzyzx"), ElementsAre("Zzyzx is a road"));
  EXPECT_EQ(Sessions({.buyer = erased.buyer.str()}).at(0).first_response_ms, 400);
  EXPECT_EQ(Rounds({.session = erased.session().str()}).size(), 1u);
  EXPECT_THAT(*test::Await(world_.cursors().ListDead(shop_, {})), IsEmpty());
  EXPECT_TRUE(world_.CheckIndex().ok());
}

TEST_F(TranscriptsTest, WordsOfABuyerWhoCameBackStayWhenTheErasureIsToldAgain) {
  Talk talk;
  Keep({talk.Opened(), talk.Buyer("my name is Zzyzx")});
  const ErasureFact erasure{talk.buyer, {talk.now_ms}};
  Keep({erasure});
  talk.now_ms += 400;
  Keep({talk.Buyer("Zzyzx is back")});
  Keep({erasure});  // out of a snapshot
  EXPECT_THAT(Texts("zzyzx"), ElementsAre("Zzyzx is back"));
  EXPECT_TRUE(world_.CheckIndex().ok());
}

std::string FileBytes(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

TEST_F(TranscriptsTest, AfterAnErasureTheFilesHoldNothingOfIt) {
  Talk erased, other;
  for (int i = 0; i < 300; ++i) Keep({other.Buyer("filler " + std::to_string(i * 7919))});
  Keep({erased.Buyer("the password is qwxyzzy 青蛙王子")});
  for (int i = 0; i < 300; ++i) Keep({other.Buyer("more filler " + std::to_string(i * 104729))});
  const auto holds = [&](const std::string& word) {
    return FileBytes(world_.path()).find(word) != std::string::npos ||
           FileBytes(world_.path() + "-wal").find(word) != std::string::npos;
  };
  ASSERT_TRUE(holds("qwxyzzy"));
  Keep({ErasureFact{erased.buyer, {erased.now_ms}}});
  const bool gone = test::Eventually([&] { return !holds("qwxyzzy") && !holds("青蛙"); });
  EXPECT_TRUE(gone);
  EXPECT_EQ(Texts("filler 0").size(), 2u);
  EXPECT_TRUE(world_.CheckIndex().ok());
}

TEST_F(TranscriptsTest, AnErasureThatWasInterruptedIsFinishedByTheNextProcess) {
  Talk erased;
  Keep({erased.Buyer("the password is qwxyzzy")});
  // As if the process had died right after the commit: nobody was reminded.
  ASSERT_TRUE(test::Await(world_.database().Write([&](soci::session& sql) {
                return storage::Keep(sql, shop_, ErasureFact{erased.buyer, {erased.now_ms}});
              })).ok());
  const auto is_due = [&] {
    return world_.Query<bool>([](soci::session& sql) {
      long long due = 0;
      sql << "SELECT COUNT(*) FROM chores", soci::into(due);
      return due > 0;
    });
  };
  ASSERT_TRUE(is_due());
  world_.Restart();
  EXPECT_TRUE(test::Eventually([&] { return !is_due(); }));
  EXPECT_EQ(FileBytes(world_.path()).find("qwxyzzy"), std::string::npos);
}

TEST_F(TranscriptsTest, AnEntryOfALaterEpochReplacesTheOneThatWasLost) {
  Talk talk;
  Keep({talk.Buyer("a"), talk.Buyer("lost words")});
  EntryFact instead{.session = talk.session(), .seq = 2, .store_epoch = 2};
  instead.time = {talk.now_ms + 700};
  instead.sender_kind = test::kAgentKind;
  instead.agent = ada_.name();
  instead.is_message = true;
  instead.text = "new words";
  Keep({instead});
  EXPECT_THAT(Texts("words"), ElementsAre("new words"));
  EXPECT_EQ(Sessions().at(0).buyer_messages, 1u);
  EXPECT_EQ(Sessions().at(0).first_response_ms, 700);
  EXPECT_TRUE(world_.CheckIndex().ok());
}

// Whatever the order and however often: the same facts leave the same rows.
TEST_F(TranscriptsTest, FactsInAnyOrderAndTwiceLeaveTheSameRows) {
  std::vector<Fact> facts;
  std::mt19937 random(5);
  for (int i = 0; i < 4; ++i) {
    Talk talk(1'700'000'000'000 + i * 50'000);
    const SessionFact opened = talk.Opened();
    facts.push_back(opened);
    for (int j = 0; j < 8; ++j) {
      talk.now_ms += 100 + j;
      switch (std::uniform_int_distribution<int>(0, 4)(random)) {
        case 0:
        case 1:
          facts.push_back(talk.Buyer("question " + std::to_string(j)));
          break;
        case 2:
          facts.push_back(talk.Agent(j % 2 == 0 ? ada_ : bo_, "answer " + std::to_string(j)));
          break;
        case 3:
          facts.push_back(talk.Note(ada_, "note"));
          break;
        default:
          facts.push_back(talk.Owner(j % 2 == 0 ? ada_ : bo_, static_cast<uint64_t>(j)));
      }
    }
    if (talk.seq > 0) facts.push_back(talk.Recall(1));
    facts.push_back(talk.Closed(opened));
  }
  for (const Fact& fact : facts) Keep({fact});
  const std::vector<std::string> expected = world_.Dump();
  ASSERT_FALSE(expected.empty());
  for (int round = 0; round < 10; ++round) {
    std::vector<Fact> shuffled = facts;
    shuffled.insert(shuffled.end(), facts.begin(), facts.end());
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    World other;
    for (const Fact& fact : shuffled) ASSERT_TRUE(other.Keep(shop_, {fact}).ok());
    EXPECT_EQ(other.Dump(), expected);
    EXPECT_TRUE(other.CheckIndex().ok());
  }
}

}  // namespace
}  // namespace kefu::records::storage
