#include "gateway/routing/config/plan.h"

#include <absl/time/time.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/gateway/routing/config/support/documents.h"

namespace kefu::gateway::routing::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> ClassesOf(const Plan& plan, std::map<std::string, uint32_t> skills,
                                   std::vector<std::string> languages = {"zh-CN"},
                                   const std::string& agent = kLi) {
  std::vector<std::string> names;
  for (const ServedClass& served :
       plan.ClassesOf({.agent = agent, .skills = std::move(skills), .languages = languages}))
    names.push_back(served.name);
  return names;
}

TimePoint At(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return {absl::ToUnixMillis(time)};
}

TEST(Plan, TheFirstRuleThatMatchesNamesTheGroup) {
  const Plan plan(ShopConfig(), 7);
  EXPECT_EQ(plan.GroupFor({}), "sales");
  EXPECT_EQ(plan.GroupFor({.language = "en-GB"}), "english");
  EXPECT_EQ(plan.GroupFor({.language = "eno"}), "sales");
  EXPECT_EQ(plan.GroupFor({.category = common::v1::CATEGORY_COMPLAINT}), "after");
  EXPECT_EQ(plan.GroupFor({.category = common::v1::CATEGORY_COMPLAINT, .language = "EN"}),
            "english");
  EXPECT_EQ(plan.GroupFor({.page = "https://shop.example/returns/7"}), "after");
  EXPECT_EQ(plan.GroupFor({.page = "/returns/7"}), "after");
  EXPECT_EQ(plan.GroupFor({.page = "https://shop.example/a?b=/returns/"}), "sales");
  EXPECT_EQ(plan.GroupFor({.channel = "widget", .priority = "vip"}), "after");
  EXPECT_EQ(plan.GroupFor({.channel = "email", .priority = "vip"}), "sales");
}

TEST(Plan, AgentsServeTheStepsThatAdmitThem) {
  const Plan plan(ShopConfig(), 7);
  EXPECT_THAT(ClassesOf(plan, {}), ElementsAre("sales.0", "after.4"));
  EXPECT_THAT(ClassesOf(plan, {{"returns", 3}, {"phones", 2}, {"invoices", 2}}),
              ElementsAre("sales.0", "after.0", "after.1", "after.2", "after.3", "after.4"));
  // A level less, then without phones, which are worth less than invoices.
  EXPECT_THAT(ClassesOf(plan, {{"returns", 2}, {"phones", 1}, {"invoices", 1}}),
              ElementsAre("sales.0", "after.1", "after.2", "after.3", "after.4"));
  EXPECT_THAT(ClassesOf(plan, {{"returns", 2}, {"invoices", 1}}),
              ElementsAre("sales.0", "after.2", "after.3", "after.4"));
  EXPECT_THAT(ClassesOf(plan, {{"returns", 1}, {"invoices", 1}}),
              ElementsAre("sales.0", "after.3", "after.4"));
  EXPECT_THAT(ClassesOf(plan, {}, {"zh-CN", "en"}), ElementsAre("sales.0", "after.4", "english.0"));
}

TEST(Plan, WhoIsNoMemberServesNothingOfIt) {
  v1::RoutingConfig config = ShopConfig();
  config.mutable_groups(0)->add_members(kLi);
  config.mutable_groups(1)->clear_relaxation();
  const Plan plan(config, 1);
  EXPECT_THAT(ClassesOf(plan, {}), ElementsAre("sales.0"));
  EXPECT_THAT(ClassesOf(plan, {}, {"zh-CN"}, "a_other"), IsEmpty());
}

TEST(Plan, ClassesFollowEachOtherByTheTimesOfTheSteps) {
  const Plan plan(ShopConfig(), 7);
  EXPECT_EQ(plan.classes().version(), 7u);
  EXPECT_EQ(plan.classes().all().front().name, "sales.0");
  EXPECT_EQ(plan.classes().all().front().strategy, Strategy::kRoundRobin);
  EXPECT_THAT(plan.classes().ChainOf("after.0"),
              ElementsAre("after.0", "after.1", "after.2", "after.3", "after.4"));
  const ClassSpec first = plan.classes().Find("after.0");
  EXPECT_EQ(first.next_after_ms, 15'000);
  EXPECT_EQ(first.push, Push::kOffer);
  EXPECT_EQ(first.offer_ms, 15'000);
  EXPECT_EQ(first.missed_limit, 1u);
  EXPECT_EQ(first.waiting_limit_ms, 1'800'000);
  EXPECT_EQ(first.weight, 20u);
  EXPECT_EQ(plan.classes().Find("after.3").next_after_ms, 120'000);
  EXPECT_EQ(plan.classes().Find("after.4").next, "");
}

TEST(Plan, TheDefaultGroupComesFirstWhereverItStands) {
  v1::RoutingConfig config = ShopConfig();
  config.set_default_group("english");
  EXPECT_EQ(Plan(config, 1).classes().all().front().name, "english.0");
}

TEST(Plan, LevelsAreThoseOfTheWeakestSkill) {
  const Plan plan(ShopConfig(), 7);
  const auto served =
      plan.ClassesOf({.agent = kLi, .skills = {{"returns", 5}, {"phones", 4}, {"invoices", 3}}});
  EXPECT_THAT(served, ::testing::Contains(ServedClass{"after.0", 3}));
  EXPECT_THAT(served, ::testing::Contains(ServedClass{"sales.0", 0}));
}

TEST(Plan, BoostsAreThoseOfTheDocumentOrRanks) {
  v1::RoutingConfig config = ShopConfig();
  config.mutable_boosts()->mutable_vip()->set_seconds(10);
  const Plan plan(config, 7);
  EXPECT_EQ(plan.BoostMs("sales", {}), 0);
  EXPECT_EQ(plan.BoostMs("sales", {.priority = "member"}), 60'000);
  EXPECT_EQ(plan.BoostMs("sales", {.priority = "vip"}), 10'000);
  EXPECT_EQ(plan.BoostMs("sales", {.priority = "urgent"}), 900'000);
  EXPECT_EQ(plan.BoostMs("english", {}), 0);
  EXPECT_EQ(plan.BoostMs("english", {.priority = "urgent"}), 3 * 86'400'000);
}

TEST(Plan, OutsideItsHoursTheFallbackDecides) {
  const Plan plan(ShopConfig(), 7);
  const TimePoint open = At("2026-11-23T10:00:00+08:00"), closed = At("2026-11-25T10:00:00+08:00");
  Placement placement = plan.PlaceAt({}, open);
  EXPECT_EQ(placement.group, "sales");
  EXPECT_FALSE(placement.leave_message);
  // sales falls back to after, which asks for a message.
  placement = plan.PlaceAt({.language = "zh"}, closed);
  EXPECT_EQ(placement.group, "after");
  EXPECT_TRUE(placement.leave_message);
  EXPECT_EQ(placement.text, "请留言");
  EXPECT_FALSE(plan.PlaceAt({.language = "en"}, closed).leave_message);
}

TEST(Plan, TextsAreInTheSessionsLanguageOrTheShops) {
  const Plan plan(ShopConfig(), 7);
  const v1::LocalizedText& text = plan.config().groups(1).fallback().leave_message();
  EXPECT_EQ(plan.TextFor(text, "en-GB"), "Leave a message");
  EXPECT_EQ(plan.TextFor(text, "zh"), "请留言");
  EXPECT_EQ(plan.TextFor(text, "fr"), "请留言");
  EXPECT_EQ(plan.TextFor(text, ""), "请留言");
}

TEST(Plan, TheShopsDayIsThatOfItsHours) {
  EXPECT_EQ(Plan(ShopConfig(), 1).DayOffsetMs(At("2026-11-23T10:00:00Z").ms), 8 * 3'600'000);
  v1::RoutingConfig config = ShopConfig();
  config.mutable_hours(0)->set_time_zone("America/New_York");
  config.set_default_group("english");
  const Plan plan(config, 1);
  EXPECT_EQ(plan.DayOffsetMs(At("2026-07-01T12:00:00Z").ms), -4 * 3'600'000);
  EXPECT_EQ(plan.DayOffsetMs(At("2026-12-01T12:00:00Z").ms), -5 * 3'600'000);
  EXPECT_EQ(Plan(DefaultConfig(), 0).DayOffsetMs(0), 0);
}

TEST(Plan, WeightsGoByTheChannel) {
  const Plan plan(ShopConfig(), 7);
  auto weight = [&plan](std::string channel) {
    SessionTraits traits;
    traits.channel = std::move(channel);
    return plan.WeightOf(traits);
  };
  EXPECT_EQ(weight("call"), 100u);
  EXPECT_EQ(weight("widget"), 20u);
  EXPECT_EQ(weight(""), 20u);
}

TEST(Plan, WithoutADocumentEverybodyServesOneGroup) {
  const Plan plan(DefaultConfig(), 0);
  EXPECT_EQ(plan.classes().all(), ClassTable::SingleGroup().all());
  EXPECT_EQ(plan.GroupFor({.category = 3, .language = "fr"}), "g");
  EXPECT_THAT(ClassesOf(plan, {}, {}), ElementsAre("g.0"));
}

}  // namespace
}  // namespace kefu::gateway::routing::config
