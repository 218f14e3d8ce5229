#include "gateway/routing/config/demand.h"

#include <algorithm>
#include <utility>

namespace kefu::gateway::routing::config {
namespace {

constexpr int64_t kLowestLevel = 1;
constexpr int64_t kHighestLevel = 5;

using Requirements = std::vector<v1::SkillRequirement>;

template <class Values>
std::set<std::string> SetOf(const Values& values) {
  return {values.begin(), values.end()};
}

Demand DemandOf(const v1::SkillGroup& group, const Requirements& requirements) {
  Demand demand{SetOf(group.languages()), SetOf(group.members()), {}};
  for (const v1::SkillRequirement& requirement : requirements) {
    uint32_t& level = demand.levels[requirement.skill()];
    level = std::max(level, requirement.level());
  }
  return demand;
}

void LowerLevels(int64_t by, Requirements* requirements) {
  for (v1::SkillRequirement& requirement : *requirements) {
    const int64_t level = int64_t{requirement.level()} - by;
    requirement.set_level(static_cast<uint32_t>(std::clamp(level, kLowestLevel, kHighestLevel)));
  }
}

void SetLevels(const v1::SkillLevels& levels, Requirements* requirements) {
  for (v1::SkillRequirement& requirement : *requirements) {
    const auto found = levels.levels().find(requirement.skill());
    if (found != levels.levels().end()) requirement.set_level(found->second);
  }
}

// The lowest value goes first, of equal ones the later.
void DropOptional(int64_t how_many, Requirements* requirements) {
  for (; how_many > 0; --how_many) {
    auto cheapest = requirements->end();
    for (auto each = requirements->begin(); each != requirements->end(); ++each) {
      if (!each->optional()) continue;
      if (cheapest == requirements->end() || each->value() <= cheapest->value()) cheapest = each;
    }
    if (cheapest == requirements->end()) return;
    requirements->erase(cheapest);
  }
}

// All of `narrow` are among `wide`, where empty stands for everything.
bool Among(const std::set<std::string>& narrow, const std::set<std::string>& wide) {
  if (wide.empty()) return true;
  return !narrow.empty() && std::includes(wide.begin(), wide.end(), narrow.begin(), narrow.end());
}

}  // namespace

bool Admits(const Demand& demand, const AgentTraits& agent) {
  if (!demand.members.empty() && demand.members.count(agent.agent) == 0) return false;
  const auto spoken = [&demand](const std::string& tag) { return demand.languages.count(tag) > 0; };
  if (!demand.languages.empty() &&
      std::none_of(agent.languages.begin(), agent.languages.end(), spoken))
    return false;
  return std::all_of(demand.levels.begin(), demand.levels.end(), [&agent](const auto& asked) {
    const auto has = agent.skills.find(asked.first);
    return has != agent.skills.end() && has->second >= asked.second;
  });
}

bool Admits(const Pool& pool, const AgentTraits& agent) {
  return std::any_of(pool.begin(), pool.end(),
                     [&agent](const Demand& demand) { return Admits(demand, agent); });
}

bool Implies(const Demand& narrow, const Demand& wide) {
  if (!Among(narrow.languages, wide.languages) || !Among(narrow.members, wide.members))
    return false;
  return std::all_of(wide.levels.begin(), wide.levels.end(), [&narrow](const auto& asked) {
    const auto has = narrow.levels.find(asked.first);
    return has != narrow.levels.end() && has->second >= asked.second;
  });
}

bool Within(const Pool& narrow, const Pool& wide) {
  return std::all_of(narrow.begin(), narrow.end(), [&wide](const Demand& each) {
    return std::any_of(wide.begin(), wide.end(),
                       [&each](const Demand& other) { return Implies(each, other); });
  });
}

std::vector<Step> StepsOf(const v1::RoutingConfig& config, const v1::SkillGroup& group) {
  Requirements requirements(group.requirements().begin(), group.requirements().end());
  Pool overflow;
  std::vector<Step> steps = {{{DemandOf(group, requirements)}, 0}};
  for (const v1::Relaxation& relaxation : group.relaxation()) {
    switch (relaxation.step_case()) {
      case v1::Relaxation::kLowerLevelsBy:
        LowerLevels(relaxation.lower_levels_by(), &requirements);
        break;
      case v1::Relaxation::kDropOptional:
        DropOptional(relaxation.drop_optional(), &requirements);
        break;
      case v1::Relaxation::kSetLevels:
        SetLevels(relaxation.set_levels(), &requirements);
        break;
      case v1::Relaxation::kOverflowGroup:
        if (const v1::SkillGroup* other = FindGroup(config, relaxation.overflow_group())) {
          const Requirements asked(other->requirements().begin(), other->requirements().end());
          overflow.push_back(DemandOf(*other, asked));
        }
        break;
      case v1::Relaxation::STEP_NOT_SET:
        break;
    }
    Pool pool = {DemandOf(group, requirements)};
    pool.insert(pool.end(), overflow.begin(), overflow.end());
    steps.push_back({std::move(pool), MillisOf(true, relaxation.after(), 0)});
  }
  return steps;
}

const v1::SkillGroup* FindGroup(const v1::RoutingConfig& config, const std::string& group) {
  for (const v1::SkillGroup& each : config.groups()) {
    if (each.group() == group) return &each;
  }
  return nullptr;
}

int64_t MillisOf(bool present, const google::protobuf::Duration& duration, int64_t otherwise) {
  if (!present) return otherwise;
  constexpr int64_t kMostSeconds = 1'000'000'000;  // whatever was sent
  const int64_t seconds = std::clamp(duration.seconds(), -kMostSeconds, kMostSeconds);
  return seconds * 1000 + duration.nanos() / 1'000'000;
}

}  // namespace kefu::gateway::routing::config
