#include "deploy/ctl/replay/chat_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace kefu::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Texts(const Chat& chat) {
  std::vector<std::string> texts;
  for (const Turn& turn : chat.turns)
    texts.push_back((turn.party == Party::kBuyer ? "b:" : "a:") + turn.text);
  return texts;
}

TEST(ChatFile, ATimedChatKeepsItsTimesAndLeavesActionsOut) {
  const auto chats = ParseChats(
      R"({"id":"x","start":100,"turns":[{"t":0,"speaker":"customer","text":"hi"},)"
      R"({"t":7.5,"speaker":"agent","text":"hello"},{"t":8,"speaker":"action","action":"query"},)"
      R"({"t":9,"speaker":"customer","text":"bye"}]})");
  ASSERT_TRUE(chats.ok()) << chats.status();
  ASSERT_EQ(chats->size(), 1u);
  const Chat& chat = chats->front();
  EXPECT_EQ(chat.start_ms, 100000);
  EXPECT_THAT(Texts(chat), ElementsAre("b:hi", "a:hello", "b:bye"));
  EXPECT_EQ(chat.turns[1].at_ms, 7500);
  EXPECT_EQ(chat.turns[2].at_ms, 9000);
}

TEST(ChatFile, AnUntimedChatGetsTimesThatRise) {
  const auto chats = ParseChats(
      R"({"id":"x","turns":[{"speaker":"customer","text":"a"},)"
      R"({"speaker":"agent","text":"a longer one"},{"speaker":"customer","text":"c"}]})");
  ASSERT_TRUE(chats.ok());
  const auto& turns = chats->front().turns;
  EXPECT_EQ(turns[0].at_ms, 0);
  EXPECT_GT(turns[1].at_ms, turns[0].at_ms);
  EXPECT_GT(turns[2].at_ms, turns[1].at_ms);
}

TEST(ChatFile, ABuyerBeginsEvenIfTheAgentSpokeFirst) {
  const auto chats = ParseChats(
      R"({"id":"x","turns":[{"speaker":"agent","text":"Hi"},{"speaker":"agent","text":"How"},)"
      R"({"speaker":"customer","text":"q"},{"speaker":"agent","text":"ok"}]})");
  ASSERT_TRUE(chats.ok());
  EXPECT_THAT(Texts(chats->front()), ElementsAre("b:q", "a:Hi", "a:How", "a:ok"));
  const auto& turns = chats->front().turns;
  EXPECT_TRUE(std::is_sorted(turns.begin(), turns.end(),
                             [](auto& a, auto& b) { return a.at_ms < b.at_ms; }));
}

TEST(ChatFile, AChatWithoutTheBuyersWordsIsLeftOut) {
  const auto chats = ParseChats(R"({"id":"x","turns":[{"speaker":"agent","text":"Hi"}]})");
  ASSERT_TRUE(chats.ok());
  EXPECT_TRUE(chats->empty());
}

TEST(ChatFile, TheErrorNamesTheLine) {
  const std::string good = R"({"id":"x","turns":[{"speaker":"customer","text":"q"}]})";
  for (const char* bad : {"{", "[]", R"({"id":7,"turns":[]})", R"({"id":"x"})",
                          R"({"id":"x","turns":[{"speaker":"customer","t":"soon","text":"q"}]})"}) {
    const auto chats = ParseChats(good + "\n\n" + bad);
    ASSERT_FALSE(chats.ok()) << bad;
    EXPECT_THAT(std::string(chats.status().message()), HasSubstr("Line 3")) << bad;
  }
}

std::vector<Chat> ChatsAt(std::initializer_list<int64_t> hours) {
  std::vector<Chat> chats;
  for (const int64_t hour : hours) chats.push_back({std::to_string(hour), hour * 3600 * 1000, {}});
  return chats;
}

std::vector<std::string> Ids(const std::vector<Chat>& chats) {
  std::vector<std::string> ids;
  for (const Chat& chat : chats) ids.push_back(chat.id);
  return ids;
}

TEST(ChatFile, TheBusiestWindowHoldsMostStarts) {
  const auto chosen = SelectChats(ChatsAt({1, 2, 10, 11, 11, 13, 20}), {.busiest_hours = 2});
  EXPECT_THAT(Ids(chosen), ElementsAre("10", "11", "11"));
}

TEST(ChatFile, FromIsIncludedAndToIsNot) {
  const auto chosen =
      SelectChats(ChatsAt({1, 2, 3, 4}), {.from_ms = 2 * 3600000, .to_ms = 4 * 3600000});
  EXPECT_THAT(Ids(chosen), ElementsAre("2", "3"));
}

TEST(ChatFile, TheLimitTakesTheFirst) {
  EXPECT_THAT(Ids(SelectChats(ChatsAt({1, 2, 3}), {.limit = 2})), ElementsAre("1", "2"));
}

TEST(ChatFile, TimesAreUnixSecondsOrIso) {
  EXPECT_EQ(*ParseTimeMs("1589554770"), 1589554770000);
  EXPECT_EQ(*ParseTimeMs("2020-05-15T14:59:30Z"), 1589554770000);
  EXPECT_EQ(*ParseTimeMs("2020-05-15T14:59:30"), 1589554770000);
  EXPECT_EQ(*ParseTimeMs("2020-05-15"), 1589500800000);
  EXPECT_FALSE(ParseTimeMs("yesterday").ok());
}

// Recorded chats lie beside the repository, not in it.
std::filesystem::path SharedData() {
  const char* path = std::getenv("KEFU_SHARED_DATA");
  return path != nullptr ? std::filesystem::path(path)
                         : std::filesystem::path(KEFU_SOURCE_DIR) / "../shared/data";
}

TEST(ChatFile, AllRecordedTimedChatsAreRead) {
  const auto file = SharedData() / "star/chats.jsonl";
  if (!std::filesystem::exists(file))
    GTEST_SKIP() << file << " does not exist; set KEFU_SHARED_DATA";
  const auto chats = LoadChats(file.string());
  ASSERT_TRUE(chats.ok()) << chats.status();
  EXPECT_EQ(chats->size(), 1343u);
  EXPECT_EQ(SelectChats(*chats, {.busiest_hours = 2}).size(), 313u);
}

TEST(ChatFile, AllRecordedUntimedChatsAreRead) {
  const auto file = SharedData() / "abcd/full_examples.jsonl";
  if (!std::filesystem::exists(file))
    GTEST_SKIP() << file << " does not exist; set KEFU_SHARED_DATA";
  const auto chats = LoadChats(file.string());
  ASSERT_TRUE(chats.ok()) << chats.status();
  ASSERT_EQ(chats->size(), 5u);
  for (const Chat& chat : *chats) EXPECT_EQ(chat.turns.front().party, Party::kBuyer);
}

}  // namespace
}  // namespace kefu::ctl
