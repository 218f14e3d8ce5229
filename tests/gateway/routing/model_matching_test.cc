// The model: who is given what, whom a session passes over, what it weighs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/routing/support/model_shop.h"

namespace kefu::gateway::routing {
namespace {

using test::Shop;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kStart = test::kModelStart;

TEST(Matching, AnAgentTakesTheOldestOfAllItsClasses) {
  Shop shop;
  shop.policy().classes = ClassTable({{"g.0", 20}, {"h.0", 20}, {"k.0", 20}});
  for (const auto& [session, class_name] : {std::pair("1", "h.0"), std::pair("2", "k.0"),
                                            std::pair("3", "g.0"), std::pair("4", "h.0")}) {
    shop.Arrive(session, class_name);
    shop.Advance(10);
  }
  shop.Online("a", 40, {"g.0", "h.0"});
  EXPECT_THAT(shop.agent("a").held, ElementsAre("1", "3"));
}

TEST(Matching, ABoostOvertakesByItsLengthAndNoMore) {
  Shop shop;
  shop.Arrive("old");
  shop.Advance(60'001);
  shop.Arrive("too late", "g.0", 60'000);
  shop.Arrive("in time", "g.0", 300'000);
  shop.Online("a", 60);
  EXPECT_THAT(shop.agent("a").held, ElementsAre("in time", "old", "too late"));
}

TEST(Matching, OneStepAssignsAtMostItsLimitAndSaysHowToGoOn) {
  Shop shop;
  for (int n = 0; n < 20; ++n) shop.Arrive("s" + std::to_string(n));
  shop.Online("a", 300);
  EXPECT_EQ(shop.agent("a").used, 160);
  EXPECT_THAT(shop.reply().again, ElementsAre("a"));
  shop.Try(Match{"a"});
  EXPECT_EQ(shop.agent("a").used, 300);
  EXPECT_THAT(shop.reply().again, IsEmpty());
}

TEST(Matching, ASessionDoesNotOvertakeWhatWaitsWhileAnAgentIsBeingFilled) {
  Shop shop;
  for (int n = 10; n < 30; ++n) shop.Arrive("s" + std::to_string(n));
  shop.Online("a", 300);  // took eight, has room for seven
  shop.Arrive("new");
  EXPECT_EQ(shop.session("new").agent, "");
  EXPECT_EQ(shop.session("s18").agent, "a") << "but the call served those before it";
}

TEST(Matching, AHeavierSessionWaitsUntilThereIsRoomForIt) {
  Shop shop;
  shop.policy().classes = ClassTable({{"g.0", 20}, {"k.0", 50}});
  shop.Online("a", 100, {"g.0", "k.0"});
  for (const char* session : {"1", "2", "3"}) shop.Arrive(session);
  shop.Arrive("heavy", "k.0");
  EXPECT_EQ(shop.session("heavy").agent, "");
  shop.Arrive("4");
  EXPECT_EQ(shop.session("4").agent, "a");
  shop.Try(CompleteSession{"1"});
  shop.Try(CompleteSession{"2"});
  EXPECT_EQ(shop.session("heavy").agent, "a");
  EXPECT_EQ(shop.agent("a").used, 90);
}

ClassTable Offering() {
  ClassSpec offered{.name = "g.0"};
  offered.push = Push::kOffer;
  return ClassTable({offered}, 1);
}

TEST(Exclusion, IsLiftedWhenNobodyElseIsEligibleAndEndsByItself) {
  Shop shop;
  shop.Try(Configure{Offering()});
  shop.Online("a", 20);
  shop.Arrive("s");
  shop.Online("b", 0);
  EXPECT_EQ(shop.Try(DeclineOffer{"s", "a", 1}), "");
  EXPECT_EQ(shop.session("s").agent, "") << "b is there, though full";
  shop.Advance(5'000);
  shop.Try(Sweep{});
  EXPECT_EQ(shop.session("s").agent, "");
  shop.Try(SetPresence{"b", AgentPresence::kBreak});
  EXPECT_EQ(shop.session("s").agent, "");
  shop.Try(Sweep{});
  EXPECT_EQ(shop.session("s").agent, "a") << "alone now";
}

TEST(Exclusion, OfOneWhoGaveASessionAwayIsLiftedForNobodyUntilItEnds) {
  Shop shop;
  shop.Online("a", 20);
  shop.Arrive("s");
  EXPECT_EQ(shop.Try(TransferSession{"s", "a", 1, ""}), "");
  EXPECT_EQ(shop.session("s").agent, "") << "though nobody else is there";
  shop.Advance(29'999);
  shop.Try(Heartbeat{{{"a", 1}}});
  shop.Advance(29'999);
  shop.Try(Sweep{});
  EXPECT_EQ(shop.session("s").agent, "");
  shop.Try(Heartbeat{{{"a", 1}}});
  shop.Advance(2);
  shop.Try(Sweep{});
  EXPECT_EQ(shop.session("s").agent, "a") << "it does not wait for ever";
}

// Two programs that both hand over do not play ball with it.
TEST(Exclusion, OfOneWhoGaveASessionAwayOutlastsTheNextOwner) {
  Shop shop;
  shop.Online("a", 20);
  shop.Arrive("s");
  shop.Online("b", 20);
  shop.Try(TransferSession{"s", "a", 1, ""});
  EXPECT_EQ(shop.session("s").agent, "b");
  shop.Try(TransferSession{"s", "b", 2, ""});
  EXPECT_EQ(shop.session("s").agent, "");
  shop.Try(CompleteSession{"s"});
  shop.Try(OpenSession{.session = "s", .class_name = "g.0", .life = 1});
  EXPECT_EQ(shop.session("s").agent, "a") << "another life";
}

TEST(Exclusion, OfOneWhoGaveASessionAwayLeavesThatOfOthersAsItIs) {
  Shop shop;
  shop.Try(Configure{Offering()});
  shop.Online("a", 20);
  shop.Arrive("s");
  shop.Try(AcceptOffer{"s", "a", 1, 1});
  shop.Online("b", 20);
  shop.Try(TransferSession{"s", "a", 1, ""});
  EXPECT_EQ(shop.session("s").agent, "b");
  shop.Try(DeclineOffer{"s", "b", shop.session("s").offer});
  EXPECT_EQ(shop.session("s").agent, "");
  shop.Advance(5'000);
  shop.Try(Sweep{});
  EXPECT_EQ(shop.session("s").agent, "b") << "nobody else may have it";
}

TEST(Weight, OfASessionIsItsOwnFromItsArrivalOn) {
  Shop shop;
  shop.Online("a", 100);
  EXPECT_EQ(shop.Try(OpenSession{.session = "call", .class_name = "g.0", .weight = 70}), "");
  EXPECT_EQ(shop.agent("a").used, 70);
  shop.Arrive("chat");
  EXPECT_EQ(shop.agent("a").used, 90);
  shop.Try(TransferSession{"call", "a", 1, ""});
  shop.Advance(60'000);
  shop.Try(ConnectAgent{"a", 1, 100, {"g.0"}});
  shop.Try(Sweep{});
  EXPECT_EQ(shop.agent("a").used, 90) << "and over moves";
}

TEST(Weight, ThatDoesNotFitLetsLighterSessionsBehindItPass) {
  Shop shop;
  for (const auto& [session, weight] :
       {std::pair("call", 100), std::pair("chat", 20), std::pair("another call", 100)}) {
    shop.Try(OpenSession{.session = session, .class_name = "g.0", .weight = weight});
    shop.Advance(10);
  }
  shop.Online("small", 40);
  EXPECT_THAT(shop.agent("small").held, ElementsAre("chat"));
  shop.Online("large", 100);
  EXPECT_THAT(shop.agent("large").held, ElementsAre("call"));
}

TEST(Sticky, WaitsAsLongAsTheArrivalSaysElseAsItsClassDoes) {
  for (const auto& [asked, expected] : {std::pair(std::optional<int64_t>(), int64_t{30'000}),
                                        std::pair(std::optional<int64_t>(60'000), int64_t{60'000}),
                                        std::pair(std::optional<int64_t>(0), int64_t{0})}) {
    ClassSpec sticky{.name = "g.0"};
    sticky.sticky_ms = 30'000;
    Shop shop;
    shop.Try(Configure{ClassTable({sticky}, 1)});
    shop.Online("a", 20);
    shop.Arrive("first");
    shop.Try(
        OpenSession{.session = "s", .class_name = "g.0", .preferred = "a", .sticky_ms = asked});
    EXPECT_EQ(shop.session("s").sticky_ms, expected == 0 ? 0 : kStart + expected);
  }
}

TEST(Orphan, IsBoostedOnceAndNeverPutBack) {
  Shop shop;
  shop.Online("a", 20);
  shop.Arrive("s");
  const int64_t score = shop.session("s").score;
  for (int round = 0; round < 3; ++round) {
    shop.Advance(200'000);
    shop.Try(Sweep{});
    shop.Try(Sweep{});
    EXPECT_EQ(shop.session("s").agent, "");
    EXPECT_EQ(shop.session("s").score, score - 300'000 * 1024);
    EXPECT_EQ(shop.session("s").enqueue_ms, kStart);
    shop.Try(ConnectAgent{"a", 1, 20, {"g.0"}});
    shop.Try(SetPresence{"a", AgentPresence::kOnline});
    EXPECT_EQ(shop.session("s").agent, "a");
  }
}

TEST(Sweep, HandlesTwelveExpiriesAndSaysThatMoreAreDue) {
  Shop shop;
  for (int n = 10; n < 30; ++n) shop.Online("a" + std::to_string(n));
  shop.Advance(30'000);
  shop.Try(Sweep{});
  EXPECT_EQ(shop.reply().agents.size(), 12u);
  EXPECT_TRUE(shop.reply().more);
  shop.Try(Sweep{});
  EXPECT_EQ(shop.reply().agents.size(), 8u);
  EXPECT_FALSE(shop.reply().more);
  EXPECT_EQ(shop.reply().next_due_ms, kStart + 90'000);
}

}  // namespace
}  // namespace kefu::gateway::routing
