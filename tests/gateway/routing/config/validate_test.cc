#include "gateway/routing/config/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/gateway/routing/config/support/documents.h"

namespace kefu::gateway::routing::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool OnlyLi(const std::string& agent) { return agent == kLi; }

std::vector<std::string> FieldsOf(const v1::RoutingConfig& config) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : Validate(config, OnlyLi))
    fields.push_back(violation.field);
  return fields;
}

TEST(RoutingConfig, ADocumentOfAShopIsValid) {
  for (const FieldViolation& violation : Validate(ShopConfig(), OnlyLi))
    ADD_FAILURE() << violation.field << ": " << violation.description;
}

struct Refusal {
  const char* name;
  std::function<void(v1::RoutingConfig&)> spoil;
  const char* field;
  const char* why;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

class RefusedConfig : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedConfig, NamesTheField) {
  v1::RoutingConfig config = ShopConfig();
  GetParam().spoil(config);
  const std::vector<FieldViolation> violations = Validate(config, OnlyLi);
  ASSERT_FALSE(violations.empty());
  EXPECT_EQ(violations[0].field, GetParam().field) << violations[0].description;
  EXPECT_THAT(violations[0].description, HasSubstr(GetParam().why));
  EXPECT_EQ(violations.size(), 1u) << violations.back().field;
}

v1::SkillGroup& After(v1::RoutingConfig& config) { return *config.mutable_groups(1); }

INSTANTIATE_TEST_SUITE_P(
    Fields, RefusedConfig,
    ::testing::Values(
        Refusal{"OverflowThatAddsNobody",
                [](auto& c) {
                  for (const char* skill : {"returns", "invoices"}) {
                    v1::SkillRequirement* asked = c.mutable_groups(0)->add_requirements();
                    asked->set_skill(skill);
                    asked->set_level(5);
                  }
                },
                "groups[1].relaxation[3].overflow_group", "admits nobody"},
        Refusal{"RaisedLevels",
                [](auto& c) { After(c).mutable_relaxation(0)->set_lower_levels_by(-1); },
                "groups[1].relaxation[0].lower_levels_by", "fewer agents"},
        Refusal{
            "RaisedLevelOfOneSkill",
            [](auto& c) {
              (*After(c).mutable_relaxation(2)->mutable_set_levels()->mutable_levels())["returns"] =
                  4;
            },
            "groups[1].relaxation[2].set_levels", "fewer agents"},
        Refusal{"StepWithoutEffect",
                [](auto& c) { After(c).mutable_relaxation(1)->set_drop_optional(0); },
                "groups[1].relaxation[1].drop_optional", "admits nobody"},
        Refusal{"SetLevelOfAnotherSkill",
                [](auto& c) {
                  c.add_skills()->set_skill("law");
                  (*After(c).mutable_relaxation(2)->mutable_set_levels()->mutable_levels())["law"] =
                      1;
                },
                "groups[1].relaxation[2].set_levels.levels[\"law\"]", "does not ask"},
        Refusal{"UnknownOverflowGroup",
                [](auto& c) { After(c).mutable_relaxation(3)->set_overflow_group("sale"); },
                "groups[1].relaxation[3].overflow_group", "no group \"sale\""},
        Refusal{"StepsOutOfOrder",
                [](auto& c) { After(c).mutable_relaxation(1)->mutable_after()->set_seconds(15); },
                "groups[1].relaxation[1].after", "Later than"},
        Refusal{"StepAfterTheWaitingLimit",
                [](auto& c) { After(c).mutable_waiting_limit()->set_seconds(120); },
                "groups[1].relaxation[3].after", "waiting limit"},
        Refusal{"StepThatSaysNothing",
                [](auto& c) { After(c).mutable_relaxation(0)->clear_step(); },
                "groups[1].relaxation[0]", "Say what"},
        Refusal{"UnknownSkill",
                [](auto& c) { After(c).mutable_requirements(1)->set_skill("refunds"); },
                "groups[1].requirements[1].skill", "no skill \"refunds\""},
        Refusal{"LevelOutOfRange", [](auto& c) { After(c).mutable_requirements(0)->set_level(6); },
                "groups[1].requirements[0].level", "1 to 5"},
        Refusal{"SkillAskedTwice",
                [](auto& c) { *After(c).add_requirements() = c.groups(1).requirements(0); },
                "groups[1].requirements[3].skill", "twice"},
        Refusal{"ValueOfAHardSkill",
                [](auto& c) { After(c).mutable_requirements(0)->set_value(3); },
                "groups[1].requirements[0].value", "optional"},
        Refusal{"UnknownLanguageOfAGroup",
                [](auto& c) { c.mutable_groups(2)->set_languages(0, "fr"); },
                "groups[2].languages[0]", "no language \"fr\""},
        Refusal{"UnknownMember", [](auto& c) { c.mutable_groups(0)->add_members("a_x"); },
                "groups[0].members[0]", "no agent"},
        Refusal{"UnknownHours", [](auto& c) { c.mutable_groups(0)->set_hours("night"); },
                "groups[0].hours", "no hours \"night\""},
        Refusal{"UnknownFallback",
                [](auto& c) { c.mutable_groups(0)->mutable_fallback()->set_group("bots"); },
                "groups[0].fallback.group", "no group \"bots\""},
        Refusal{"FallbackOfWhatIsAlwaysOpen", [](auto& c) { c.mutable_groups(0)->clear_hours(); },
                "groups[0].fallback", "always open"},
        Refusal{"OfferOfWhatIsClaimed",
                [](auto& c) { After(c).set_strategy(v1::SkillGroup::STRATEGY_MANUAL_CLAIM); },
                "groups[1].push", "claim"},
        Refusal{"OfferTooLong", [](auto& c) { After(c).mutable_offer_timeout()->set_seconds(61); },
                "groups[1].offer_timeout", "10 s to 60 s"},
        Refusal{"GroupTwice", [](auto& c) { c.add_groups()->set_group("sales"); },
                "groups[3].group", "twice"},
        Refusal{"GroupWithABadId", [](auto& c) { c.add_groups()->set_group("Sales.1"); },
                "groups[3].group", "a-z"},
        Refusal{"UnknownDefaultGroup", [](auto& c) { c.set_default_group("else"); },
                "default_group", "no group \"else\""},
        Refusal{"UnknownGroupOfARule", [](auto& c) { c.mutable_rules(0)->set_group("x"); },
                "rules[0].group", "no group \"x\""},
        Refusal{"RuleWithoutConditions", [](auto& c) { c.mutable_rules(0)->clear_languages(); },
                "rules[0]", "without conditions"},
        Refusal{"UnknownCategory",
                [](auto& c) {
                  c.mutable_rules(1)->set_categories(0, static_cast<common::v1::Category>(99));
                },
                "rules[1].categories[0]", "no such category"},
        Refusal{"UnknownTimeZone",
                [](auto& c) { c.mutable_hours(0)->set_time_zone("Asia/Nowhere"); },
                "hours[0].time_zone", "time zone"},
        Refusal{
            "BadClock",
            [](auto& c) { c.mutable_hours(0)->mutable_weekly(0)->mutable_span()->set_to("18h"); },
            "hours[0].weekly[0].span.to", "00:01 to 24:00"},
        Refusal{"HoursTwice", [](auto& c) { *c.add_hours() = c.hours(0); }, "hours[1].hours",
                "twice"},
        Refusal{"SkillTwice", [](auto& c) { c.add_skills()->set_skill("phones"); },
                "skills[3].skill", "twice"},
        Refusal{"WeightTooHeavy", [](auto& c) { c.mutable_weights()->set_call(1001); },
                "weights.call", "1000"},
        Refusal{"NegativeBoost",
                [](auto& c) { c.mutable_boosts()->mutable_vip()->set_seconds(-1); }, "boosts.vip",
                "From 0 s"},
        Refusal{"TextInAnUnknownLanguage",
                [](auto& c) {
                  (*c.mutable_auto_replies()->mutable_busy()->mutable_texts())["fr"] = "Attendez";
                },
                "auto_replies.busy.texts[\"fr\"]", "no language"},
        Refusal{"TextWithoutTheFirstLanguage",
                [](auto& c) {
                  auto& texts = *c.mutable_auto_replies()->mutable_busy()->mutable_texts();
                  texts.erase("zh-CN");
                  texts["en"] = "Wait";
                },
                "auto_replies.busy.texts", "zh-CN"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(RoutingConfig, AChainOfOverflowThatLeadsBackIsNamedWhereverItCloses) {
  v1::RoutingConfig config = ShopConfig();
  const auto overflow = [&config](int from, const std::string& to) {
    v1::Relaxation* step = config.mutable_groups(from)->add_relaxation();
    step->mutable_after()->set_seconds(600);
    step->set_overflow_group(to);
  };
  // after → sales is there. A group without demands could not grow.
  v1::SkillRequirement* asked = config.mutable_groups(0)->add_requirements();
  asked->set_skill("phones");
  asked->set_level(2);
  overflow(2, "after");
  EXPECT_THAT(FieldsOf(config), ElementsAre());
  overflow(0, "english");
  const std::vector<FieldViolation> violations = Validate(config, OnlyLi);
  ASSERT_EQ(violations.size(), 3u);
  EXPECT_EQ(violations[0].field, "groups[1].relaxation[3].overflow_group");
  EXPECT_EQ(violations[0].description, "It leads back: after → sales → english → after.");
  EXPECT_EQ(violations[1].field, "groups[2].relaxation[0].overflow_group");
  EXPECT_EQ(violations[2].field, "groups[0].relaxation[0].overflow_group");
}

TEST(RoutingConfig, FallbacksThatLeadBackAreNamed) {
  v1::RoutingConfig config = ShopConfig();
  After(config).mutable_fallback()->set_group("sales");
  EXPECT_THAT(FieldsOf(config),
              ElementsAre("groups[1].fallback.group", "groups[0].fallback.group"));
}

TEST(RoutingConfig, EverythingWrongIsToldAtOnce) {
  v1::RoutingConfig config = ShopConfig();
  After(config).mutable_requirements(0)->set_skill("refunds");
  After(config).mutable_relaxation(3)->set_overflow_group("nobody");
  config.set_default_group("");
  config.mutable_hours(0)->set_time_zone("");
  EXPECT_THAT(
      FieldsOf(config),
      ElementsAre("groups[1].requirements[0].skill",
                  "groups[1].relaxation[2].set_levels.levels[\"returns\"]",
                  "groups[1].relaxation[3].overflow_group", "default_group", "hours[0].time_zone"));
  EXPECT_THAT(FieldsOf(v1::RoutingConfig()), ElementsAre("groups", "default_group"));
}

TEST(RoutingConfig, TheListOfWhatIsWrongIsBounded) {
  v1::RoutingConfig config = ShopConfig();
  for (int i = 0; i < 200; ++i) config.add_rules()->set_group("x");
  EXPECT_EQ(Validate(config, OnlyLi).size(), 40u);
}

TEST(RoutingConfig, DurationsThatAreNoneAreRefused) {
  v1::RoutingConfig config = ShopConfig();
  config.mutable_boosts()->mutable_vip()->set_seconds(INT64_MAX);
  config.mutable_boosts()->mutable_urgent()->set_nanos(-5);
  After(config).mutable_relaxation(3)->mutable_after()->set_seconds(INT64_MAX);
  After(config).mutable_waiting_limit()->set_seconds(INT64_MIN);
  EXPECT_THAT(FieldsOf(config),
              ::testing::IsSupersetOf({"boosts.vip", "boosts.urgent", "groups[1].waiting_limit"}));
}

TEST(RoutingConfig, SkillsThatNobodyKnowsAreRefusedWithTheirField) {
  v1::SetAgentSkillsRequest request;
  (*request.mutable_skills())["returns"] = 3;
  request.add_languages("en");
  request.set_hours("day");
  EXPECT_TRUE(ValidateSkills(ShopConfig(), request).empty());
  (*request.mutable_skills())["cooking"] = 3;
  (*request.mutable_skills())["phones"] = 0;
  request.add_languages("fr");
  request.set_hours("night");
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ValidateSkills(ShopConfig(), request))
    fields.push_back(violation.field);
  EXPECT_THAT(fields,
              ElementsAre("skills[\"cooking\"]", "skills[\"phones\"]", "languages[1]", "hours"));
}

}  // namespace
}  // namespace kefu::gateway::routing::config
