#include "gateway/routing/config/validate.h"

#include <algorithm>
#include <cctype>

#include "gateway/routing/config/checks.h"
#include "gateway/routing/config/demand.h"
#include "gateway/routing/config/hours.h"

namespace kefu::gateway::routing::config {
namespace {

constexpr int kMostSkills = 200, kMostLanguages = 20, kMostGroups = 100, kMostRules = 200,
              kMostHours = 50, kMostClasses = 300;
constexpr size_t kIdBytes = 32, kTagBytes = 35, kNameBytes = 128, kTextBytes = 2000,
                 kPrefixBytes = 256;
constexpr uint32_t kMostWeight = 1000;
constexpr uint32_t kLevels = 5;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Short enough and without control characters.
bool IsPlain(std::string_view text, size_t most_bytes) {
  return text.size() <= most_bytes && std::none_of(text.begin(), text.end(), [](unsigned char c) {
           return c < 0x20 || c == 0x7f;
         });
}

void CheckSize(int size, int most, const std::string& path, Violations* violations) {
  if (size > most) violations->Add(path, "At most " + std::to_string(most) + ".");
}

void CheckLanguages(const v1::RoutingConfig& config, Violations* violations) {
  CheckSize(config.languages_size(), kMostLanguages, "languages", violations);
  std::set<std::string> seen;
  for (int i = 0; i < config.languages_size(); ++i) {
    const std::string path = At("languages", i);
    if (!IsLanguageTag(config.languages(i))) {
      violations->Add(path, "A language tag such as zh-CN or en.");
    } else if (!seen.insert(config.languages(i)).second) {
      violations->Add(path, "The language stands here twice.");
    }
  }
}

void CheckRule(const v1::RoutingRule& rule, const Names& names, const std::string& path,
               Violations* violations) {
  CheckKnown(rule.group(), names.groups, "group", path + ".group", violations);
  const int conditions = rule.categories_size() + rule.languages_size() + rule.channels_size() +
                         rule.page_prefixes_size() + rule.priorities_size();
  if (conditions == 0) {
    violations->Add(path, "A rule without conditions; default_group is for what no rule matches.");
  }
  for (int i = 0; i < rule.categories_size(); ++i) {
    if (!common::v1::Category_IsValid(rule.categories(i)) || rule.categories(i) == 0)
      violations->Add(path + "." + At("categories", i), "There is no such category.");
  }
  for (int i = 0; i < rule.channels_size(); ++i) {
    if (!common::v1::Channel_IsValid(rule.channels(i)) || rule.channels(i) == 0)
      violations->Add(path + "." + At("channels", i), "There is no such channel.");
  }
  for (int i = 0; i < rule.priorities_size(); ++i) {
    if (!common::v1::Priority_IsValid(rule.priorities(i)) || rule.priorities(i) == 0)
      violations->Add(path + "." + At("priorities", i), "There is no such priority.");
  }
  for (int i = 0; i < rule.languages_size(); ++i) {
    if (!IsLanguageTag(rule.languages(i)))
      violations->Add(path + "." + At("languages", i), "A language tag such as zh or zh-CN.");
  }
  for (int i = 0; i < rule.page_prefixes_size(); ++i) {
    const std::string& prefix = rule.page_prefixes(i);
    if (prefix.empty() || !IsPlain(prefix, kPrefixBytes)) {
      violations->Add(path + "." + At("page_prefixes", i), "1 to 256 bytes such as /orders/.");
    }
  }
}

void CheckWeights(const v1::SessionWeights& weights, Violations* violations) {
  const auto check = [&](uint32_t weight, const char* field) {
    if (weight > kMostWeight)
      violations->Add(std::string("weights.") + field, "A weight is at most 1000.");
  };
  check(weights.widget(), "widget");
  check(weights.platform(), "platform");
  check(weights.email(), "email");
  check(weights.call(), "call");
  check(weights.held(), "held");
  check(weights.wrap_up(), "wrap_up");
}

void CheckTimes(const v1::RoutingConfig& config, Violations* violations) {
  const v1::PriorityBoosts& boosts = config.boosts();
  CheckDuration(boosts.has_member(), boosts.member(), 0, 24 * kHourMs, "boosts.member", violations);
  CheckDuration(boosts.has_vip(), boosts.vip(), 0, 24 * kHourMs, "boosts.vip", violations);
  CheckDuration(boosts.has_urgent(), boosts.urgent(), 0, 24 * kHourMs, "boosts.urgent", violations);
  const v1::RoutingTimeouts& timeouts = config.timeouts();
  CheckDuration(timeouts.has_wrap_up(), timeouts.wrap_up(), 0, 30 * kMinuteMs, "timeouts.wrap_up",
                violations);
  CheckDuration(timeouts.has_exclusion(), timeouts.exclusion(), 0, 30 * kMinuteMs,
                "timeouts.exclusion", violations);
  const v1::StickyAgents& sticky = config.sticky();
  CheckDuration(sticky.has_remember(), sticky.remember(), kMinuteMs, 30 * 24 * kHourMs,
                "sticky.remember", violations);
  CheckDuration(sticky.has_wait(), sticky.wait(), 0, 10 * kMinuteMs, "sticky.wait", violations);
  CheckDuration(sticky.has_vip_wait(), sticky.vip_wait(), 0, 10 * kMinuteMs, "sticky.vip_wait",
                violations);
}

Names NamesOf(const v1::RoutingConfig& config) {
  Names names;
  for (const v1::Skill& skill : config.skills()) names.skills.insert(skill.skill());
  for (const std::string& tag : config.languages()) names.languages.insert(tag);
  for (const v1::SkillGroup& group : config.groups()) names.groups.insert(group.group());
  for (const v1::BusinessHours& hours : config.hours()) names.hours.insert(hours.hours());
  return names;
}

}  // namespace

bool IsConfigId(std::string_view text) {
  if (text.empty() || text.size() > kIdBytes || !IsLower(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '_' || c == '-'; });
}

bool IsLanguageTag(std::string_view text) {
  if (text.size() < 2 || text.size() > kTagBytes || text.back() == '-') return false;
  if (std::isalpha(static_cast<unsigned char>(text[0])) == 0) return false;
  return std::all_of(
             text.begin(), text.end(),
             [](unsigned char c) { return c < 0x80 && (std::isalnum(c) != 0 || c == '-'); }) &&
         text.find("--") == std::string_view::npos;
}

void CheckNewId(const std::string& id, const std::string& path, std::set<std::string>* seen,
                Violations* violations) {
  if (!IsConfigId(id)) {
    violations->Add(path, "1 to 32 of a-z, 0-9, \"_\" and \"-\", beginning with a letter.");
  } else if (!seen->insert(id).second) {
    violations->Add(path, "\"" + id + "\" stands here twice.");
  }
}

void CheckKnown(const std::string& id, const std::set<std::string>& known, std::string_view what,
                const std::string& path, Violations* violations) {
  if (known.count(id) > 0) return;
  violations->Add(path, "There is no " + std::string(what) + " \"" + id.substr(0, 64) + "\".");
}

void CheckName(const std::string& text, const std::string& path, Violations* violations) {
  if (!IsPlain(text, kNameBytes))
    violations->Add(path, "At most 128 bytes without control characters.");
}

void CheckDuration(bool present, const google::protobuf::Duration& duration, int64_t least_ms,
                   int64_t most_ms, const std::string& path, Violations* violations) {
  if (!present) return;
  const bool proper = duration.seconds() >= 0 && duration.nanos() >= 0 &&
                      duration.nanos() < 1'000'000'000 && duration.seconds() <= most_ms / 1000;
  const int64_t ms = proper ? MillisOf(true, duration, 0) : -1;
  if (ms >= least_ms && ms <= most_ms) return;
  violations->Add(path, "From " + std::to_string(least_ms / 1000) + " s to " +
                            std::to_string(most_ms / 1000) + " s.");
}

void CheckText(const v1::LocalizedText& text, const v1::RoutingConfig& config,
               const std::string& path, Violations* violations) {
  const std::set<std::string> known(config.languages().begin(), config.languages().end());
  const std::set<std::string> tags = [&] {
    std::set<std::string> sorted;
    for (const auto& [tag, said] : text.texts()) sorted.insert(tag);
    return sorted;
  }();
  for (const std::string& tag : tags) {
    const std::string at = path + "." + Key("texts", tag);
    CheckKnown(tag, known, "language", at, violations);
    const std::string& said = text.texts().at(tag);
    if (said.empty() || said.size() > kTextBytes) violations->Add(at, "1 to 2000 bytes.");
  }
  if (!config.languages().empty() && tags.count(config.languages(0)) == 0) {
    violations->Add(path + ".texts",
                    "Say it in the shop's first language, " + config.languages(0) + ", at least.");
  }
  if (config.languages().empty() && tags.empty())
    violations->Add(path + ".texts", "Say something, in one of the shop's languages.");
}

std::vector<FieldViolation> Validate(const v1::RoutingConfig& config,
                                     const AgentExists& agent_exists) {
  Violations violations;
  const Names names = NamesOf(config);
  std::set<std::string> skills, hours;
  CheckSize(config.skills_size(), kMostSkills, "skills", &violations);
  for (int i = 0; i < config.skills_size(); ++i) {
    const std::string path = At("skills", i);
    CheckNewId(config.skills(i).skill(), path + ".skill", &skills, &violations);
    CheckName(config.skills(i).display_name(), path + ".display_name", &violations);
  }
  CheckLanguages(config, &violations);
  CheckSize(config.groups_size(), kMostGroups, "groups", &violations);
  int classes = config.groups_size();
  for (const v1::SkillGroup& group : config.groups()) classes += group.relaxation_size();
  if (classes > kMostClasses)
    violations.Add("groups", "At most 300 groups and steps of relaxation together.");
  CheckGroups(config, names, agent_exists, &violations);
  CheckSize(config.rules_size(), kMostRules, "rules", &violations);
  for (int i = 0; i < config.rules_size(); ++i)
    CheckRule(config.rules(i), names, At("rules", i), &violations);
  CheckKnown(config.default_group(), names.groups, "group", "default_group", &violations);
  CheckSize(config.hours_size(), kMostHours, "hours", &violations);
  for (int i = 0; i < config.hours_size(); ++i) {
    const std::string path = At("hours", i);
    CheckNewId(config.hours(i).hours(), path + ".hours", &hours, &violations);
    Hours::Parse(config.hours(i), path, &violations);
  }
  CheckWeights(config.weights(), &violations);
  CheckTimes(config, &violations);
  const v1::AutoReplies& replies = config.auto_replies();
  if (replies.has_closed()) CheckText(replies.closed(), config, "auto_replies.closed", &violations);
  if (replies.has_busy()) CheckText(replies.busy(), config, "auto_replies.busy", &violations);
  if (replies.has_away()) CheckText(replies.away(), config, "auto_replies.away", &violations);
  return violations.all();
}

std::vector<FieldViolation> ValidateSkills(const v1::RoutingConfig& config,
                                           const v1::SetAgentSkillsRequest& request) {
  Violations violations;
  const Names names = NamesOf(config);
  std::set<std::string> skills;
  for (const auto& [skill, level] : request.skills()) skills.insert(skill);
  for (const std::string& skill : skills) {
    CheckKnown(skill, names.skills, "skill", Key("skills", skill), &violations);
    const uint32_t level = request.skills().at(skill);
    if (level < 1 || level > kLevels) violations.Add(Key("skills", skill), "A level is 1 to 5.");
  }
  for (int i = 0; i < request.languages_size(); ++i)
    CheckKnown(request.languages(i), names.languages, "language", At("languages", i), &violations);
  if (!request.hours().empty())
    CheckKnown(request.hours(), names.hours, "hours", "hours", &violations);
  return violations.all();
}

}  // namespace kefu::gateway::routing::config
