// Random documents: whatever is accepted keeps its promises.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "gateway/routing/config/plan.h"
#include "gateway/routing/config/validate.h"

namespace kefu::gateway::routing::config {
namespace {

const std::vector<std::string> kSkills = {"returns", "phones", "invoices", "law"};
const std::vector<std::string> kTags = {"zh-CN", "en", "ja"};
const std::vector<std::string> kPages = {"", "/orders/1", "https://shop.example/returns/2"};
const std::vector<std::string> kPriorities = {"", "member", "vip", "urgent"};
const std::vector<std::string> kChannels = {"", "widget", "platform", "email", "call"};

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  int Below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool OneIn(int n) { return Below(n) == 0; }
  template <class List>
  const auto& Of(const List& list) {
    return list[static_cast<size_t>(Below(static_cast<int>(list.size())))];
  }

 private:
  std::mt19937 random_;
};

std::string GroupName(int i) { return "g" + std::to_string(i); }

// Mostly sensible; some of it is wrong.
v1::Relaxation RandomStep(Dice& dice, int groups) {
  v1::Relaxation step;
  switch (dice.Below(4)) {
    case 0:
      step.set_lower_levels_by(dice.OneIn(8) ? -1 : 1);
      break;
    case 1:
      step.set_drop_optional(1);
      break;
    case 2:
      step.set_overflow_group(GroupName(dice.Below(groups)));
      break;
    default:
      (*step.mutable_set_levels()->mutable_levels())[dice.Of(kSkills)] =
          static_cast<uint32_t>(1 + dice.Below(3));
  }
  return step;
}

v1::SkillGroup RandomGroup(Dice& dice, int index, int groups) {
  v1::SkillGroup group;
  group.set_group(GroupName(index));
  for (const std::string& tag : kTags) {
    if (dice.OneIn(4)) group.add_languages(tag);
  }
  for (const std::string& skill : kSkills) {
    if (!dice.OneIn(2)) continue;
    v1::SkillRequirement* requirement = group.add_requirements();
    requirement->set_skill(skill);
    requirement->set_level(static_cast<uint32_t>(1 + dice.Below(5)));
    requirement->set_optional(dice.OneIn(2));
    if (requirement->optional()) requirement->set_value(static_cast<uint32_t>(dice.Below(3)));
  }
  const int steps = dice.Below(4);
  for (int i = 0; i < steps; ++i) {
    v1::Relaxation step = RandomStep(dice, groups);
    step.mutable_after()->set_seconds(15 * (i + 1));
    *group.add_relaxation() = std::move(step);
  }
  return group;
}

v1::RoutingConfig RandomConfig(Dice& dice) {
  v1::RoutingConfig config;
  for (const std::string& skill : kSkills) config.add_skills()->set_skill(skill);
  for (const std::string& tag : kTags) config.add_languages(tag);
  const int groups = 1 + dice.Below(4);
  for (int i = 0; i < groups; ++i) *config.add_groups() = RandomGroup(dice, i, groups);
  for (int i = dice.Below(4); i > 0; --i) {
    v1::RoutingRule* rule = config.add_rules();
    rule->set_group(GroupName(dice.Below(groups)));
    rule->add_categories(static_cast<common::v1::Category>(1 + dice.Below(5)));
    if (dice.OneIn(2)) rule->add_languages(dice.Of(kTags));
    if (dice.OneIn(3)) rule->add_page_prefixes("/orders/");
    if (dice.OneIn(3)) rule->add_priorities(common::v1::PRIORITY_VIP);
  }
  config.set_default_group(GroupName(dice.Below(groups)));
  return config;
}

AgentTraits RandomAgent(Dice& dice) {
  AgentTraits agent{.agent = "a_" + std::to_string(dice.Below(100))};
  for (const std::string& skill : kSkills) {
    if (dice.OneIn(2)) agent.skills[skill] = static_cast<uint32_t>(1 + dice.Below(5));
  }
  for (const std::string& tag : kTags) {
    if (dice.OneIn(2)) agent.languages.push_back(tag);
  }
  return agent;
}

SessionTraits RandomSession(Dice& dice) {
  return {.category = dice.Below(6),
          .language = dice.OneIn(3) ? "" : dice.Of(kTags),
          .channel = dice.Of(kChannels),
          .page = dice.Of(kPages),
          .priority = dice.Of(kPriorities)};
}

// Who serves a step serves the next one.
void ExpectMonotone(const Plan& plan, const AgentTraits& agent) {
  std::set<std::string> served;
  for (const ServedClass& each : plan.ClassesOf(agent)) {
    ASSERT_TRUE(plan.classes().Has(each.name)) << each.name;
    ASSERT_TRUE(served.insert(each.name).second) << each.name;
  }
  for (const ClassSpec& spec : plan.classes().all()) {
    if (served.count(spec.name) == 0 || spec.next.empty()) continue;
    ASSERT_EQ(served.count(spec.next), 1u) << spec.name << " but not " << spec.next;
  }
}

// The overflow groups of a group can be followed to an end.
void ExpectNoCycle(const v1::RoutingConfig& config) {
  std::set<std::string> ended;
  for (int round = 0; round < config.groups_size(); ++round) {
    for (const v1::SkillGroup& group : config.groups()) {
      bool all = true;
      for (const v1::Relaxation& step : group.relaxation())
        all = all && (step.overflow_group().empty() || ended.count(step.overflow_group()) > 0);
      if (all) ended.insert(group.group());
    }
  }
  ASSERT_EQ(ended.size(), static_cast<size_t>(config.groups_size()));
}

// Whether agents show that a step is narrower than the one before.
bool Narrows(const v1::RoutingConfig& config, const std::vector<AgentTraits>& agents) {
  for (const v1::SkillGroup& group : config.groups()) {
    const std::vector<Step> steps = StepsOf(config, group);
    for (size_t i = 0; i + 1 < steps.size(); ++i) {
      for (const AgentTraits& agent : agents) {
        if (Admits(steps[i].pool, agent) && !Admits(steps[i + 1].pool, agent)) return true;
      }
    }
  }
  return false;
}

TEST(RandomConfig, WhatIsAcceptedKeepsItsPromises) {
  int accepted = 0, narrowing = 0;
  for (unsigned seed = 1; seed <= 4000; ++seed) {
    Dice dice(seed);
    const v1::RoutingConfig config = RandomConfig(dice);
    SCOPED_TRACE("seed " + std::to_string(seed) + " " + config.ShortDebugString());
    std::vector<AgentTraits> agents;
    for (int i = 0; i < 40; ++i) agents.push_back(RandomAgent(dice));
    const bool valid = Validate(config, [](const std::string&) { return true; }).empty();
    if (Narrows(config, agents)) {
      ++narrowing;
      ASSERT_FALSE(valid);
    }
    if (!valid) continue;
    ++accepted;
    ExpectNoCycle(config);
    const Plan plan(config, 1);
    for (const AgentTraits& agent : agents) ExpectMonotone(plan, agent);
    for (int i = 0; i < 20; ++i) {
      const SessionTraits session = RandomSession(dice);
      ASSERT_TRUE(plan.classes().Has(FirstClassOf(plan.GroupFor(session))));
      ASSERT_TRUE(plan.classes().Has(FirstClassOf(plan.PlaceAt(session, {0}).group)));
    }
    if (HasFatalFailure()) return;
  }
  // The test is about something.
  EXPECT_GT(accepted, 500);
  EXPECT_GT(narrowing, 20);
}

}  // namespace
}  // namespace kefu::gateway::routing::config
