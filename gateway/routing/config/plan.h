// A routing configuration, compiled: what routing and the gateway ask of it while sessions come and
// go. Pure and immutable; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/routing/config/demand.h"
#include "gateway/routing/config/hours.h"
#include "gateway/routing/domain/classes.h"
#include "proto/kefu/gateway/v1/routing_config.pb.h"
#include "services/common/base/clock.h"

namespace kefu::gateway::routing::config {

// Where a session goes that comes now.
struct Placement {
  std::string group;
  // Closed: it does not wait, its buyer may leave a message; `text` is said.
  bool leave_message = false;
  std::string text;
  // The group is outside its hours.
  bool closed = false;
  // Closed: when the first opens of the groups that the session may come to; absent: not within two
  // years.
  std::optional<TimePoint> opens = std::nullopt;
};

class Plan final : public RoutingPlan {
 public:
  // `config` is valid (validate.h). Version 0: it is DefaultConfig.
  Plan(v1::RoutingConfig config, uint64_t version);
  Plan(const Plan&) = delete;

  const ClassTable& classes() const override { return classes_; }
  std::string GroupFor(const SessionTraits& traits) const override;
  int64_t BoostMs(const std::string& group, const SessionTraits& traits) const override;
  std::vector<ServedClass> ClassesOf(const AgentTraits& traits) const override;

  // The shop's day is that of the default group's hours, else of the first ones, else UTC's.
  int64_t DayOffsetMs(int64_t now_ms) const override;

  // GroupFor with the groups' hours: outside of them the fallback's group, by its hours, or a
  // message. A closed group without fallback lets sessions wait for its opening.
  Placement PlaceAt(const SessionTraits& traits, TimePoint now) const;
  // The same from that group on; one that the plan has no more is the default group.
  Placement PlaceFrom(const std::string& group, const std::string& language, TimePoint now) const;
  // By the channel that it came in by.
  uint32_t WeightOf(const SessionTraits& traits) const override;
  // VIPs wait longer.
  std::optional<int64_t> StickyMs(const SessionTraits& traits) const override;
  std::optional<int64_t> ExclusionMs() const override;
  // In the session's language, else in the shop's first.
  std::string TextFor(const v1::LocalizedText& text, std::string_view language) const;
  // Null if there are none of that id.
  const Hours* FindHours(const std::string& id) const;

  uint64_t version() const { return classes_.version(); }
  const v1::RoutingConfig& config() const { return config_; }

 private:
  struct Group {
    const v1::SkillGroup* message;  // into config_
    std::vector<Step> steps;
  };
  bool Matches(const v1::RoutingRule& rule, const SessionTraits& traits) const;
  // How good the agent is in what the group asks for: the lowest level, 0 for a lacking skill.
  static int64_t LevelIn(const v1::SkillGroup& group, const AgentTraits& traits);

  const v1::RoutingConfig config_;
  std::map<std::string, Hours> hours_;
  std::vector<Group> groups_;  // the default group first
  const ClassTable classes_;
};

// Of a shop that has no configuration: one group "g" that everybody serves.
v1::RoutingConfig DefaultConfig();

}  // namespace kefu::gateway::routing::config
