#include "gateway/routing/config/plan.h"

#include <absl/strings/match.h>

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::routing::config {
namespace {

constexpr uint32_t kDefaultWeight = 20;
constexpr int64_t kDayMs = 24 * 3600 * 1000;

uint32_t WeightOr(uint32_t weight) { return weight == 0 ? kDefaultWeight : weight; }

Strategy StrategyOf(const v1::SkillGroup& group) {
  switch (group.strategy()) {
    case v1::SkillGroup::STRATEGY_LONGEST_IDLE:
      return Strategy::kLongestIdle;
    case v1::SkillGroup::STRATEGY_ROUND_ROBIN:
      return Strategy::kRoundRobin;
    case v1::SkillGroup::STRATEGY_HIGHEST_LEVEL:
      return Strategy::kHighestLevel;
    case v1::SkillGroup::STRATEGY_FEWEST_TODAY:
      return Strategy::kFewestToday;
    case v1::SkillGroup::STRATEGY_MANUAL_CLAIM:
      return Strategy::kManualClaim;
    default:
      return Strategy::kLeastLoaded;
  }
}

// Of any channel.
uint32_t LightestOf(const v1::SessionWeights& weights) {
  return std::min({WeightOr(weights.widget()), WeightOr(weights.platform()),
                   WeightOr(weights.email()), WeightOr(weights.call())});
}

// What all steps of the group have in common.
ClassSpec SpecOf(const v1::RoutingConfig& config, const v1::SkillGroup& group) {
  const v1::RoutingTimeouts& timeouts = config.timeouts();
  const v1::StickyAgents& sticky = config.sticky();
  ClassSpec spec;
  spec.weight = LightestOf(config.weights());
  spec.held_weight = config.weights().held();
  spec.wrap_weight = config.weights().wrap_up();
  spec.strategy = StrategyOf(group);
  spec.push = group.push() == v1::SkillGroup::PUSH_OFFER ? Push::kOffer : Push::kDirect;
  spec.offer_ms = MillisOf(group.has_offer_timeout(), group.offer_timeout(), 20'000);
  spec.missed_limit = std::max(1u, group.missed_limit());
  spec.waiting_limit_ms = MillisOf(group.has_waiting_limit(), group.waiting_limit(), 1'800'000);
  spec.queue_cap = group.queue_cap();
  spec.wrap_ms = MillisOf(timeouts.has_wrap_up(), timeouts.wrap_up(), 30'000);
  spec.sticky_ms = sticky.disabled() ? 0 : MillisOf(sticky.has_wait(), sticky.wait(), 30'000);
  return spec;
}

std::string ClassName(const std::string& group, size_t step) {
  return group + "." + std::to_string(step);
}

void AddClasses(const v1::RoutingConfig& config, const v1::SkillGroup& group,
                const std::vector<Step>& steps, std::vector<ClassSpec>* classes) {
  for (size_t i = 0; i < steps.size(); ++i) {
    ClassSpec spec = SpecOf(config, group);
    spec.name = ClassName(group.group(), i);
    if (i + 1 < steps.size()) {
      spec.next = ClassName(group.group(), i + 1);
      spec.next_after_ms = steps[i + 1].after_ms;
    }
    classes->push_back(std::move(spec));
  }
}

// The default group's first.
std::vector<const v1::SkillGroup*> Ordered(const v1::RoutingConfig& config) {
  std::vector<const v1::SkillGroup*> groups;
  for (const v1::SkillGroup& group : config.groups()) groups.push_back(&group);
  std::stable_partition(groups.begin(), groups.end(), [&config](const v1::SkillGroup* group) {
    return group->group() == config.default_group();
  });
  return groups;
}

ClassTable TableOf(const v1::RoutingConfig& config, uint64_t version) {
  if (version == 0) return ClassTable::SingleGroup();
  std::vector<ClassSpec> classes;
  for (const v1::SkillGroup* group : Ordered(config))
    AddClasses(config, *group, StepsOf(config, *group), &classes);
  return ClassTable(std::move(classes), version);
}

// Names as they travel: "vip" for PRIORITY_VIP, "widget" for CHANNEL_WIDGET.
common::v1::Priority PriorityOf(std::string_view name) {
  if (name == "member") return common::v1::PRIORITY_MEMBER;
  if (name == "vip") return common::v1::PRIORITY_VIP;
  if (name == "urgent") return common::v1::PRIORITY_URGENT;
  return common::v1::PRIORITY_NORMAL;
}

common::v1::Channel ChannelOf(std::string_view name) {
  if (name == "widget") return common::v1::CHANNEL_WIDGET;
  if (name == "platform") return common::v1::CHANNEL_PLATFORM;
  if (name == "email") return common::v1::CHANNEL_EMAIL;
  if (name == "call") return common::v1::CHANNEL_CALL;
  return common::v1::CHANNEL_UNSPECIFIED;
}

// "zh" takes in "zh-CN".
bool TakesIn(std::string_view asked, std::string_view tag) {
  if (!absl::StartsWithIgnoreCase(ToAbsl(tag), ToAbsl(asked))) return false;
  return tag.size() == asked.size() || tag[asked.size()] == '-';
}

// "/a" of "https://shop.example/a".
std::string_view PathOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return url;
  const size_t path = url.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : url.substr(path);
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// An empty list asks for nothing.
template <class List, class Fits>
bool OneOf(const List& list, Fits fits) {
  return list.empty() || std::any_of(list.begin(), list.end(), fits);
}

}  // namespace

Plan::Plan(v1::RoutingConfig config, uint64_t version)
    : config_(std::move(config)), classes_(TableOf(config_, version)) {
  Violations none;
  for (const v1::BusinessHours& hours : config_.hours())
    hours_.emplace(hours.hours(), Hours::Parse(hours, "", &none));
  for (const v1::SkillGroup* group : Ordered(config_))
    groups_.push_back({group, StepsOf(config_, *group)});
}

bool Plan::Matches(const v1::RoutingRule& rule, const SessionTraits& traits) const {
  return OneOf(rule.categories(), [&](int each) { return each == traits.category; }) &&
         OneOf(rule.languages(), [&](const auto& tag) { return TakesIn(tag, traits.language); }) &&
         OneOf(rule.channels(), [&](int each) { return each == ChannelOf(traits.channel); }) &&
         OneOf(rule.page_prefixes(),
               [&](const auto& prefix) {
                 return StartsWith(traits.page, prefix) || StartsWith(PathOf(traits.page), prefix);
               }) &&
         OneOf(rule.priorities(), [&](int each) { return each == PriorityOf(traits.priority); });
}

std::string Plan::GroupFor(const SessionTraits& traits) const {
  for (const v1::RoutingRule& rule : config_.rules()) {
    if (Matches(rule, traits)) return rule.group();
  }
  return config_.default_group();
}

int64_t Plan::BoostMs(const std::string& group, const SessionTraits& traits) const {
  const common::v1::Priority priority = PriorityOf(traits.priority);
  const v1::SkillGroup* const found = FindGroup(config_, group);
  // A day for each rank: nobody waits longer than the limit of a day, so ranks never mix.
  if (found != nullptr && found->strict_priority())
    return kDayMs * (priority - common::v1::PRIORITY_NORMAL);
  const v1::PriorityBoosts& boosts = config_.boosts();
  switch (priority) {
    case common::v1::PRIORITY_MEMBER:
      return MillisOf(boosts.has_member(), boosts.member(), 60'000);
    case common::v1::PRIORITY_VIP:
      return MillisOf(boosts.has_vip(), boosts.vip(), 300'000);
    case common::v1::PRIORITY_URGENT:
      return MillisOf(boosts.has_urgent(), boosts.urgent(), 900'000);
    default:
      return 0;
  }
}

int64_t Plan::LevelIn(const v1::SkillGroup& group, const AgentTraits& traits) {
  if (group.requirements().empty()) return 0;
  uint32_t lowest = UINT32_MAX;
  for (const v1::SkillRequirement& requirement : group.requirements()) {
    const auto has = traits.skills.find(requirement.skill());
    lowest = std::min(lowest, has == traits.skills.end() ? 0u : has->second);
  }
  return lowest;
}

std::vector<ServedClass> Plan::ClassesOf(const AgentTraits& traits) const {
  std::vector<ServedClass> served;
  for (const Group& group : groups_) {
    for (size_t i = 0; i < group.steps.size(); ++i) {
      if (!Admits(group.steps[i].pool, traits)) continue;
      served.push_back({ClassName(group.message->group(), i), LevelIn(*group.message, traits)});
    }
  }
  return served;
}

int64_t Plan::DayOffsetMs(int64_t now_ms) const {
  const v1::SkillGroup* const group = FindGroup(config_, config_.default_group());
  const Hours* hours = group == nullptr ? nullptr : FindHours(group->hours());
  if (hours == nullptr && !config_.hours().empty()) hours = FindHours(config_.hours(0).hours());
  return hours == nullptr ? 0 : hours->OffsetMs({now_ms});
}

Placement Plan::PlaceAt(const SessionTraits& traits, TimePoint now) const {
  return PlaceFrom(GroupFor(traits), traits.language, now);
}

Placement Plan::PlaceFrom(const std::string& group, const std::string& language,
                          TimePoint now) const {
  Placement placement;
  placement.group = FindGroup(config_, group) == nullptr ? config_.default_group() : group;
  // Fallbacks do not lead back, so this ends.
  for (size_t i = 0; i <= groups_.size(); ++i) {
    const v1::SkillGroup* const found = FindGroup(config_, placement.group);
    const Hours* const hours = FindHours(found->hours());
    placement.closed = hours != nullptr && !hours->IsOpen(now);
    if (!placement.closed) break;
    const std::optional<TimePoint> opens = hours->NextOpening(now);
    if (opens && (!placement.opens || *opens < *placement.opens)) placement.opens = opens;
    const v1::GroupFallback& fallback = found->fallback();
    if (fallback.to_case() == v1::GroupFallback::kLeaveMessage) {
      placement.leave_message = true;
      placement.text = TextFor(fallback.leave_message(), language);
    }
    if (fallback.to_case() != v1::GroupFallback::kGroup) break;
    placement.group = fallback.group();
  }
  if (!placement.closed) placement.opens.reset();
  return placement;
}

std::optional<int64_t> Plan::StickyMs(const SessionTraits& traits) const {
  const v1::StickyAgents& sticky = config_.sticky();
  if (sticky.disabled() || PriorityOf(traits.priority) != common::v1::PRIORITY_VIP) return {};
  return MillisOf(sticky.has_vip_wait(), sticky.vip_wait(), 60'000);
}

std::optional<int64_t> Plan::ExclusionMs() const {
  const v1::RoutingTimeouts& timeouts = config_.timeouts();
  return MillisOf(timeouts.has_exclusion(), timeouts.exclusion(), 60'000);
}

uint32_t Plan::WeightOf(const SessionTraits& traits) const {
  const v1::SessionWeights& weights = config_.weights();
  switch (ChannelOf(traits.channel)) {
    case common::v1::CHANNEL_PLATFORM:
      return WeightOr(weights.platform());
    case common::v1::CHANNEL_EMAIL:
      return WeightOr(weights.email());
    case common::v1::CHANNEL_CALL:
      return WeightOr(weights.call());
    default:
      return WeightOr(weights.widget());
  }
}

std::string Plan::TextFor(const v1::LocalizedText& text, std::string_view language) const {
  for (const std::string& tag : config_.languages()) {
    const auto said = text.texts().find(tag);
    const bool fits = TakesIn(tag, language) || TakesIn(language, tag);
    if (said != text.texts().end() && !language.empty() && fits) return said->second;
  }
  if (config_.languages().empty()) return "";
  const auto said = text.texts().find(config_.languages(0));
  return said == text.texts().end() ? "" : said->second;
}

const Hours* Plan::FindHours(const std::string& id) const {
  const auto found = hours_.find(id);
  return found == hours_.end() ? nullptr : &found->second;
}

v1::RoutingConfig DefaultConfig() {
  v1::RoutingConfig config;
  config.add_groups()->set_group("g");
  config.set_default_group("g");
  config.mutable_timeouts()->mutable_wrap_up();
  config.mutable_sticky()->set_disabled(true);
  return config;
}

}  // namespace kefu::gateway::routing::config
