// Classes: which waiting sets a session can stand in and which an agent serves; and the plan of a
// shop, which says so.
//
// A class is a pair (skill group, relaxation step), named "<group>.<step>". A session waits in
// exactly one; an agent serves a list of them. Whoever serves a step serves all later ones of the
// group. A group's name has none of '.', ':', '@', '#', ',' and no blank. "@<agent>" is the
// personal class of an agent; it is in no table.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::gateway::routing {

// Whom of those with room a session goes to.
enum class Strategy {
  kLeastLoaded = 1,   // then whoever has waited longest
  kLongestIdle = 2,   // since the last assignment
  kRoundRobin = 3,    // by turns
  kHighestLevel = 4,  // then the least loaded
  kFewestToday = 5,   // assignments since the shop's midnight
  kManualClaim = 6,   // nobody: agents claim what they want
};

enum class Push {
  kDirect = 1,  // assigned without asking
  kOffer = 2,   // the agent accepts within `offer_ms`
};

struct ClassSpec {
  std::string name;
  // What a session of this class takes of an agent's capacity: while it is served (and offered), on
  // hold, in wrap-up. Where sessions have weights of their own, `weight` is that of the lightest:
  // an agent with less room gets none.
  uint32_t weight = 20;
  uint32_t held_weight = 0;
  uint32_t wrap_weight = 0;
  Strategy strategy = Strategy::kLeastLoaded;
  Push push = Push::kDirect;
  int64_t offer_ms = 20'000;
  // An agent that misses so many offers in a row is MISSED.
  uint32_t missed_limit = 1;
  // The next step; empty at the last one. A session goes there when it has been in the group for
  // `next_after_ms` (from its first enqueue in the group, not from the step before), and at once
  // when nobody who serves this step is online.
  std::string next = {};
  int64_t next_after_ms = 0;
  // Longer than this a session does not wait at a stretch; 0: for ever.
  int64_t waiting_limit_ms = 0;
  // No session is let into the group while so many wait in it; 0: no bound.
  uint32_t queue_cap = 0;
  // How long an agent may write notes after a session; 0: closed is closed.
  int64_t wrap_ms = 0;
  // How long a session waits for the agent that the buyer had last, if that one is online but full;
  // 0: not at all.
  int64_t sticky_ms = 0;
  // Served within this time counts as in time on the live board.
  int64_t target_ms = 20'000;

  bool operator==(const ClassSpec&) const = default;
};

// "g" of "g.0"; the whole name if it has no step.
std::string_view GroupOf(std::string_view class_name);
// 0 of "g.0", and of a name without a step.
uint32_t StepOf(std::string_view class_name);
// "g.0"
std::string FirstClassOf(std::string_view group);
// "@a"
std::string PersonalClassOf(std::string_view agent);

// A class that an agent serves, and how well: 0 to 5, for Strategy::kHighestLevel.
struct ServedClass {
  std::string name;
  int64_t level = 0;
  bool operator==(const ServedClass&) const = default;
};

// What is known of a session when its group is chosen.
struct SessionTraits {
  int category = 0;  // kefu.common.v1.Category
  std::string language;
  std::string channel;
  std::string page;
  std::string priority;  // "" (normal), "member", "vip", "urgent"
};

// What is known of an agent when its classes are chosen.
struct AgentTraits {
  std::string agent;
  std::map<std::string, uint32_t> skills;  // skill → level, 1 to 5
  std::vector<std::string> languages;
};

// The classes of a shop. Version 0: the shop has no configuration of its own.
class ClassTable {
 public:
  // One group that every agent serves and every session waits in: "g.0".
  static ClassTable SingleGroup();

  // The first class is the default: it takes what waits in a class that is there no more.
  explicit ClassTable(std::vector<ClassSpec> classes, uint64_t version = 0);

  uint64_t version() const { return version_; }
  const std::vector<ClassSpec>& all() const { return classes_; }
  const ClassSpec& OfSession(const SessionTraits& traits) const;
  // Names of the classes that an agent serves.
  std::vector<std::string> OfAgent(std::string_view agent) const;
  bool Has(std::string_view name) const;
  // A class that the table does not know (a record written under another configuration) is as the
  // first one.
  ClassSpec Find(std::string_view name) const;
  // Find(name).weight
  uint32_t WeightOf(std::string_view name) const;
  // The class and those it relaxes to, in order.
  std::vector<std::string> ChainOf(std::string_view name) const;

 private:
  std::vector<ClassSpec> classes_;
  uint64_t version_;
};

// A shop's compiled configuration: which class a session begins in, which an agent serves.
// Immutable; any thread.
class RoutingPlan {
 public:
  virtual ~RoutingPlan() = default;
  virtual const ClassTable& classes() const = 0;
  // The group whose first step the session begins in; one that the table has.
  virtual std::string GroupFor(const SessionTraits& traits) const = 0;
  // By how much the session counts as having come earlier.
  virtual int64_t BoostMs(const std::string& group, const SessionTraits& traits) const = 0;
  virtual std::vector<ServedClass> ClassesOf(const AgentTraits& traits) const = 0;
  // What the session takes of an agent while it is served; 0: what its class says.
  virtual uint32_t WeightOf(const SessionTraits& /*traits*/) const { return 0; }
  // How long it waits for the agent that its buyer had last; absent: as long as its class says.
  virtual std::optional<int64_t> StickyMs(const SessionTraits& /*traits*/) const { return {}; }
  // How long an agent that gave a session away, declined or missed it does not get it; absent: the
  // router's options say.
  virtual std::optional<int64_t> ExclusionMs() const { return {}; }
  // By how much the shop's clock is ahead of UTC then; its day begins at its midnight.
  virtual int64_t DayOffsetMs(int64_t /*now_ms*/) const { return 0; }
};

// The plan of a shop without configuration: everybody serves every class of the table, every
// session begins in its first one, nobody is let forward.
class EverybodyServes final : public RoutingPlan {
 public:
  explicit EverybodyServes(ClassTable classes) : classes_(std::move(classes)) {}
  const ClassTable& classes() const override { return classes_; }
  std::string GroupFor(const SessionTraits& traits) const override;
  int64_t BoostMs(const std::string& group, const SessionTraits& traits) const override;
  std::vector<ServedClass> ClassesOf(const AgentTraits& traits) const override;

 private:
  const ClassTable classes_;
};

}  // namespace kefu::gateway::routing
