// Groups: what they ask for, how they relax, where they lead.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/routing/config/checks.h"
#include "gateway/routing/config/demand.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::routing::config {
namespace {

constexpr uint32_t kLevels = 5, kMostMissed = 10, kMostQueued = 1'000'000;
constexpr int kMostSteps = 10, kMostMembers = 1000, kMostRequirements = 20;
constexpr int64_t kDefaultWaitingMs = 30 * kMinuteMs;

bool IsLevel(uint32_t level) { return level >= 1 && level <= kLevels; }

void CheckRequirements(const v1::SkillGroup& group, const Names& names, const std::string& path,
                       Violations* violations) {
  std::set<std::string> seen;
  if (group.requirements_size() > kMostRequirements)
    violations->Add(path + ".requirements", "At most 20.");
  for (int i = 0; i < group.requirements_size(); ++i) {
    const v1::SkillRequirement& requirement = group.requirements(i);
    const std::string at = path + "." + At("requirements", i);
    CheckKnown(requirement.skill(), names.skills, "skill", at + ".skill", violations);
    if (!seen.insert(requirement.skill()).second)
      violations->Add(at + ".skill", "The skill is asked for twice.");
    if (!IsLevel(requirement.level())) violations->Add(at + ".level", "A level is 1 to 5.");
    if (requirement.value() > 0 && !requirement.optional())
      violations->Add(at + ".value", "Only optional skills have a value.");
  }
}

void CheckMembers(const v1::SkillGroup& group, const AgentExists& agent_exists,
                  const std::string& path, Violations* violations) {
  std::set<std::string> seen;
  if (group.members_size() > kMostMembers) {
    violations->Add(path + ".members", "At most 1000.");
    return;
  }
  for (int i = 0; i < group.members_size(); ++i) {
    const std::string at = path + "." + At("members", i);
    const std::string& member = group.members(i);
    if (!AgentId::Parse(member).ok() || !agent_exists(member)) {
      violations->Add(at, "The shop has no agent \"" + member.substr(0, 64) + "\".");
    } else if (!seen.insert(member).second) {
      violations->Add(at, "The agent stands here twice.");
    }
  }
}

const char* FieldOf(const v1::Relaxation& relaxation) {
  switch (relaxation.step_case()) {
    case v1::Relaxation::kLowerLevelsBy:
      return ".lower_levels_by";
    case v1::Relaxation::kDropOptional:
      return ".drop_optional";
    case v1::Relaxation::kOverflowGroup:
      return ".overflow_group";
    case v1::Relaxation::kSetLevels:
      return ".set_levels";
    case v1::Relaxation::STEP_NOT_SET:
      return "";
  }
  return "";
}

// False if the step cannot be understood.
bool CheckStep(const v1::SkillGroup& group, const v1::Relaxation& relaxation, const Names& names,
               const std::string& path, Violations* violations) {
  const size_t before = violations->size();
  switch (relaxation.step_case()) {
    case v1::Relaxation::kOverflowGroup:
      CheckKnown(relaxation.overflow_group(), names.groups, "group", path + ".overflow_group",
                 violations);
      break;
    case v1::Relaxation::kSetLevels:
      for (const auto& [skill, level] : std::map<std::string, uint32_t>(
               relaxation.set_levels().levels().begin(), relaxation.set_levels().levels().end())) {
        const std::string at = path + ".set_levels." + Key("levels", skill);
        const bool asked =
            std::any_of(group.requirements().begin(), group.requirements().end(),
                        [&, &skill = skill](const auto& each) { return each.skill() == skill; });
        if (!asked) violations->Add(at, "The group does not ask for this skill.");
        if (!IsLevel(level)) violations->Add(at, "A level is 1 to 5.");
      }
      break;
    case v1::Relaxation::STEP_NOT_SET:
      violations->Add(path,
                      "Say what is relaxed: lower_levels_by, drop_optional, overflow_group "
                      "or set_levels.");
      break;
    default:
      break;
  }
  return violations->size() == before;
}

void CheckRelaxation(const v1::RoutingConfig& config, const v1::SkillGroup& group,
                     const Names& names, const std::string& path, Violations* violations) {
  if (group.relaxation_size() > kMostSteps)
    violations->Add(path + ".relaxation", "At most 10 steps.");
  const int64_t limit_ms =
      MillisOf(group.has_waiting_limit(), group.waiting_limit(), kDefaultWaitingMs);
  bool understood = true;
  int64_t last_ms = 0;
  for (int i = 0; i < group.relaxation_size(); ++i) {
    const v1::Relaxation& relaxation = group.relaxation(i);
    const std::string at = path + "." + At("relaxation", i);
    const int64_t after_ms = MillisOf(true, relaxation.after(), 0);
    if (after_ms <= last_ms) {
      violations->Add(at + ".after",
                      "Later than the step before; it counts from when the session "
                      "began to wait.");
    } else if (after_ms >= limit_ms) {
      violations->Add(at + ".after", "Nobody waits that long: the waiting limit comes first.");
    }
    last_ms = std::max(last_ms, after_ms);
    understood = CheckStep(group, relaxation, names, at, violations) && understood;
  }
  if (!understood) return;
  const std::vector<Step> steps = StepsOf(config, group);
  for (int i = 0; i < group.relaxation_size(); ++i) {
    const Pool& strict = steps[static_cast<size_t>(i)].pool;
    const Pool& relaxed = steps[static_cast<size_t>(i) + 1].pool;
    const std::string at = path + "." + At("relaxation", i) + FieldOf(group.relaxation(i));
    if (!Within(strict, relaxed)) {
      violations->Add(at, "The step admits fewer agents than the one before it; steps only relax.");
    } else if (Within(relaxed, strict)) {
      violations->Add(at, "The step admits nobody whom the one before it does not admit.");
    }
  }
}

void CheckKinds(const v1::SkillGroup& group, const std::string& path, Violations* violations) {
  if (!v1::SkillGroup::Strategy_IsValid(group.strategy()))
    violations->Add(path + ".strategy", "There is no such strategy.");
  if (!v1::SkillGroup::Push_IsValid(group.push()))
    violations->Add(path + ".push", "PUSH_DIRECT or PUSH_OFFER.");
  if (group.strategy() == v1::SkillGroup::STRATEGY_MANUAL_CLAIM &&
      group.push() == v1::SkillGroup::PUSH_OFFER) {
    violations->Add(path + ".push", "Where agents claim, nothing is offered.");
  }
  CheckDuration(group.has_offer_timeout(), group.offer_timeout(), 10 * kSecondMs, 60 * kSecondMs,
                path + ".offer_timeout", violations);
  if (group.missed_limit() > kMostMissed) violations->Add(path + ".missed_limit", "At most 10.");
  if (group.queue_cap() > kMostQueued)
    violations->Add(path + ".queue_cap", "At most 1000000; 0 for no limit.");
  CheckDuration(group.has_waiting_limit(), group.waiting_limit(), kMinuteMs, 24 * kHourMs,
                path + ".waiting_limit", violations);
}

void CheckFallback(const v1::RoutingConfig& config, const v1::SkillGroup& group, const Names& names,
                   const std::string& path, Violations* violations) {
  if (!group.hours().empty())
    CheckKnown(group.hours(), names.hours, "hours", path + ".hours", violations);
  if (!group.has_fallback()) return;
  const v1::GroupFallback& fallback = group.fallback();
  if (group.hours().empty())
    violations->Add(path + ".fallback", "A group without hours is always open.");
  switch (fallback.to_case()) {
    case v1::GroupFallback::kLeaveMessage:
      CheckText(fallback.leave_message(), config, path + ".fallback.leave_message", violations);
      break;
    case v1::GroupFallback::kGroup:
      CheckKnown(fallback.group(), names.groups, "group", path + ".fallback.group", violations);
      break;
    case v1::GroupFallback::TO_NOT_SET:
      violations->Add(path + ".fallback", "Name a group, or what is said: leave_message.");
      break;
  }
}

// Where groups lead, and the field that says so.
struct Edge {
  std::string to;
  std::string path;
};
using Edges = std::map<std::string, std::vector<Edge>>;

// The way from `from` to `to`, both included; empty if there is none.
std::vector<std::string> WayTo(const Edges& edges, const std::string& from, const std::string& to) {
  std::map<std::string, std::string> came_from = {{from, ""}};
  std::vector<std::string> queue = {from};
  for (size_t i = 0; i < queue.size() && came_from.count(to) == 0; ++i) {
    const auto found = edges.find(queue[i]);
    if (found == edges.end()) continue;
    for (const Edge& edge : found->second) {
      if (came_from.emplace(edge.to, queue[i]).second) queue.push_back(edge.to);
    }
  }
  std::vector<std::string> way;
  if (came_from.count(to) == 0) return way;
  for (std::string at = to; !at.empty(); at = came_from[at]) way.push_back(at);
  std::reverse(way.begin(), way.end());
  return way;
}

void CheckCycles(const Edges& edges, Violations* violations) {
  for (const auto& [group, out] : edges) {
    for (const Edge& edge : out) {
      const std::vector<std::string> back = WayTo(edges, edge.to, group);
      if (back.empty()) continue;
      std::string text = group;
      for (const std::string& each : back) text += " → " + each;
      violations->Add(edge.path, "It leads back: " + text + ".");
    }
  }
}

}  // namespace

void CheckGroups(const v1::RoutingConfig& config, const Names& names,
                 const AgentExists& agent_exists, Violations* violations) {
  if (config.groups().empty()) violations->Add("groups", "Name at least one group.");
  std::set<std::string> seen;
  Edges overflows, fallbacks;
  for (int i = 0; i < config.groups_size(); ++i) {
    const v1::SkillGroup& group = config.groups(i);
    const std::string path = At("groups", i);
    CheckNewId(group.group(), path + ".group", &seen, violations);
    CheckName(group.display_name(), path + ".display_name", violations);
    for (int j = 0; j < group.languages_size(); ++j) {
      CheckKnown(group.languages(j), names.languages, "language", path + "." + At("languages", j),
                 violations);
    }
    CheckRequirements(group, names, path, violations);
    CheckMembers(group, agent_exists, path, violations);
    CheckKinds(group, path, violations);
    CheckRelaxation(config, group, names, path, violations);
    CheckFallback(config, group, names, path, violations);
    for (int j = 0; j < group.relaxation_size(); ++j) {
      const v1::Relaxation& relaxation = group.relaxation(j);
      if (relaxation.step_case() == v1::Relaxation::kOverflowGroup) {
        overflows[group.group()].push_back(
            {relaxation.overflow_group(), path + "." + At("relaxation", j) + ".overflow_group"});
      }
    }
    if (group.fallback().to_case() == v1::GroupFallback::kGroup)
      fallbacks[group.group()].push_back({group.fallback().group(), path + ".fallback.group"});
  }
  CheckCycles(overflows, violations);
  CheckCycles(fallbacks, violations);
}

}  // namespace kefu::gateway::routing::config
