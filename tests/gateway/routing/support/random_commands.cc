#include "tests/gateway/routing/support/random_commands.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kefu::gateway::routing::test {
namespace {

constexpr size_t kHistory = 400;

const SessionRecord* Find(const State& state, const std::string& id) {
  auto found = state.sessions.find(id);
  return found == state.sessions.end() ? nullptr : &found->second;
}

}  // namespace

Policy RandomWorldPolicy() {
  Policy policy;
  policy.classes = ClassTable({{.name = "g.0", .weight = 20},
                               {.name = "h.0", .weight = 20},
                               {.name = "k.0", .weight = 50}});
  return policy;
}

Policy EvenWorldPolicy() {
  Policy policy;
  policy.classes = ClassTable({{.name = "g.0"}, {.name = "h.0"}, {.name = "k.0"}});
  return policy;
}

std::vector<ClassTable> SomePlans(uint32_t weight) {
  ClassSpec offered{.name = "g.0", .weight = 20, .held_weight = 0, .wrap_weight = 10};
  offered.push = Push::kOffer;
  offered.next = "g.1";
  offered.next_after_ms = 15'000;
  offered.waiting_limit_ms = 300'000;
  offered.wrap_ms = 30'000;
  offered.sticky_ms = 30'000;
  ClassSpec relaxed = offered;
  relaxed.name = "g.1";
  relaxed.next = "g.2";
  relaxed.next_after_ms = 45'000;
  ClassSpec last = relaxed;
  last.name = "g.2";
  last.next.clear();
  ClassSpec capped{.name = "h.0", .weight = 20, .held_weight = 20, .wrap_weight = 20};
  capped.next = "h.1";
  capped.next_after_ms = 30'000;
  capped.queue_cap = 6;
  capped.strategy = Strategy::kFewestToday;
  ClassSpec overflow = capped;
  overflow.name = "h.1";
  overflow.next.clear();
  const ClassSpec claimed{.name = "k.0", .weight = weight, .strategy = Strategy::kManualClaim};
  ClassSpec levels{.name = "l.0", .strategy = Strategy::kHighestLevel, .push = Push::kOffer};
  levels.offer_ms = 10'000;
  levels.missed_limit = 2;
  const ClassSpec idle{.name = "m.0", .strategy = Strategy::kLongestIdle};
  const ClassSpec turns{.name = "n.0", .strategy = Strategy::kRoundRobin};
  const ClassTable first({offered, relaxed, last, capped, overflow, claimed, levels, idle, turns},
                         1);

  // Strategies change, but between claims and the others: who may be given a session by itself
  // stands in the availability set with its next profile only.
  ClassSpec plain{.name = "g.0"};
  plain.sticky_ms = 60'000;
  plain.strategy = Strategy::kLongestIdle;
  ClassSpec strict = capped;
  strict.queue_cap = 0;
  strict.strategy = Strategy::kHighestLevel;
  return {first, ClassTable({strict, overflow, plain, claimed}, 2)};
}

Policy PlannedWorldPolicy(const std::vector<ClassTable>& plans, int agents) {
  std::vector<ClassSpec> all = {{.name = "g.0"}, {.name = "h.0"}, {.name = "k.0"}};
  for (const ClassTable& plan : plans) {
    for (const ClassSpec& spec : plan.all()) {
      const bool known = std::any_of(all.begin(), all.end(), [&spec](const ClassSpec& other) {
        return other.name == spec.name;
      });
      if (!known) all.push_back(spec);
    }
  }
  for (int n = 0; n < agents; ++n) {
    all.push_back({.name = PersonalClassOf(RandomCommands::AgentId(n)), .weight = 0});
  }
  Policy policy;
  policy.classes = ClassTable(std::move(all));
  return policy;
}

RandomCommands::RandomCommands(uint64_t seed, World world)
    : world_(std::move(world)), random_(seed) {}

std::string RandomCommands::Padded(uint64_t n) {
  std::string digits = std::to_string(n);
  return std::string(3 - std::min<size_t>(3, digits.size()), '0') + digits;
}

int64_t RandomCommands::NextTimeStep() {
  switch (Below(40)) {
    case 0:
      return static_cast<int64_t>(Below(200'000));
    case 1:
      return -static_cast<int64_t>(Below(100'000));
    case 2:
    case 3:
      return static_cast<int64_t>(Below(20'000));
    default:
      return static_cast<int64_t>(Below(200));
  }
}

std::vector<std::string> RandomCommands::AnyClasses(const State& state) {
  std::vector<std::string> classes;
  if (state.plan.has_value()) {
    // From some step of some of the groups on.
    for (const ClassSpec& spec : state.plan->all()) {
      const std::string group(GroupOf(spec.name));
      const bool has_group = std::any_of(classes.begin(), classes.end(),
                                         [&](const auto& name) { return GroupOf(name) == group; });
      if (has_group || Below(2) == 0) classes.push_back(spec.name);
    }
    return classes;
  }
  classes.push_back("g.0");
  if (Below(2) == 0) classes.push_back("h.0");
  if (Below(3) == 0) classes.push_back("k.0");
  if (Below(6) == 0) classes.erase(classes.begin());
  return classes;
}

std::string RandomCommands::AnyClassToBeginWith(const State& state) {
  if (!state.plan.has_value() || Below(20) == 0) {
    return std::array{"g.0", "g.0", "h.0", "k.0"}[Below(4)];
  }
  std::vector<std::string> first;
  for (const ClassSpec& spec : state.plan->all()) {
    if (spec.name.ends_with(".0")) first.push_back(spec.name);
  }
  return first[Below(first.size())];
}

template <class Profile>
void RandomCommands::AddPlan(const State& state, Profile& profile) {
  if (!state.plan.has_value() || Below(10) == 0) return;
  profile.plan_version = static_cast<int64_t>(state.plan->version()) - (Below(10) == 0 ? 1 : 0);
  for (size_t i = 0; i < profile.classes.size(); ++i) {
    profile.levels.push_back(static_cast<int64_t>(Below(6)));
  }
}

int64_t RandomCommands::WeightOf(const std::string& session) {
  const std::array<int64_t, 6> weights = {0, 0, 0, 20, 40, 60};
  return weights[std::hash<std::string>()(session) % weights.size()];
}

int64_t RandomCommands::CapacityOf(const std::string& agent) {
  return 40 + 20 * (static_cast<int64_t>(std::hash<std::string>()(agent)) & 3);
}

Command RandomCommands::Next(const State& state) {
  if (!history_.empty() && Below(8) == 0) {
    // The last one again, or one that comes late.
    return Below(2) == 0 ? history_.back() : history_[Below(history_.size())];
  }
  Command command = Fresh(state);
  history_.push_back(command);
  if (history_.size() > kHistory) history_.pop_front();
  return command;
}

// What only shops with a plan know.
Command RandomCommands::FreshInPlan(const State& state) {
  const std::string id = AnySession();
  const SessionRecord* known = Find(state, id);
  const SessionRecord session = known == nullptr ? SessionRecord{} : *known;
  const bool late = Below(8) == 0;
  const std::string agent = late || session.agent.empty() ? AnyAgent() : session.agent;
  const uint64_t kind = Below(100);
  if (kind < 35) {
    const auto record = state.agents.find(agent);
    const int64_t incarnation = record == state.agents.end() ? 1 : record->second.incarnation;
    return AcceptOffer{id, agent, incarnation - (Below(20) == 0 ? 1 : 0),
                       session.offer - (Below(20) == 0 ? 1 : 0)};
  }
  if (kind < 47) return DeclineOffer{id, agent, session.offer - (Below(20) == 0 ? 1 : 0)};
  if (kind < 50) return RecallOffer{id};
  if (kind < 62) return SetBuyerPresent{id, Below(2) == 0};
  if (kind < 65) return AbandonSession{id, Below(2) == 0};
  if (kind < 75) return ClaimSession{id, AnyAgent()};
  if (kind < 80) return HoldSession{id, agent, session.fence};
  if (kind < 85) return UnholdSession{id, Below(2) == 0 ? agent : ""};
  if (kind < 90) return FinishSession{id, agent};
  RequeueSession requeue{.session = id, .from = Below(2) == 0 ? agent : ""};
  if (!requeue.from.empty() || Below(2) == 0) requeue.fence = session.fence - (late ? 1 : 0);
  if (Below(2) == 0) requeue.class_name = AnyClassToBeginWith(state);
  return requeue;
}

Command RandomCommands::Fresh(const State& state) {
  if (!world_.plans.empty()) {
    if (Below(3) == 0) return FreshInPlan(state);
    const uint64_t version = state.plan.has_value() ? state.plan->version() : 0;
    if (Below(300) == 0) {
      const ClassTable& next = world_.plans[Below(world_.plans.size())];
      return Configure{ClassTable(next.all(), version + Below(3))};
    }
  }
  const uint64_t kind = Below(100);
  if (kind < 30) {
    const std::string id = AnySession();
    const SessionRecord* known = Find(state, id);
    OpenSession open{.session = id, .class_name = AnyClassToBeginWith(state)};
    open.boost_ms = Below(5) == 0 ? 60'000 : 0;
    open.category = static_cast<int64_t>(Below(6));
    open.language = Below(2) == 0 ? "zh-CN" : "en";
    open.reopen = known != nullptr && Below(2) == 0;
    if (known != nullptr) {
      open.life = Below(4) == 0 ? 0 : known->life + static_cast<int64_t>(Below(2));
      open.fence = Below(4) == 0 ? known->fence + static_cast<int64_t>(Below(3)) : 0;
    }
    if (Below(3) == 0) open.preferred = AnyAgent();
    if (world_.own_weights) open.weight = WeightOf(id);
    if (!world_.plans.empty() && Below(4) == 0)
      open.sticky_ms = static_cast<int64_t>(Below(3)) * 20'000;
    open.kept = !open.reopen && Below(4) == 0;
    return open;
  }
  if (kind < 48) {
    CompleteSession complete{.session = AnySession()};
    const SessionRecord* known = Find(state, complete.session);
    if (known != nullptr && Below(2) == 0) complete.life = known->life;
    return complete;
  }
  if (kind < 60) {
    TransferSession transfer{.session = AnySession(), .from = AnyAgent()};
    const SessionRecord* known = Find(state, transfer.session);
    if (known != nullptr && Below(8) != 0) {
      // By the owner; or by the one before, under its own fence.
      const bool late = Below(6) == 0;
      const std::string& from = late ? known->last_agent : known->agent;
      transfer.fence = known->fence - (late ? 1 : 0);
      if (!from.empty()) transfer.from = from;
    }
    if (Below(2) == 0) transfer.to = AnyAgent();
    return transfer;
  }
  if (kind < 66) return TakeOverSession{.session = AnySession(), .by = AnyAgent()};
  if (kind < 74) {
    ConnectAgent connect{.agent = AnyAgent()};
    connect.config_version = std::max<int64_t>(1, config_versions_[connect.agent]);
    config_versions_[connect.agent] = connect.config_version;
    connect.capacity = CapacityOf(connect.agent);
    connect.classes = AnyClasses(state);
    AddPlan(state, connect);
    return connect;
  }
  if (kind < 83) {
    // Mostly online.
    const uint64_t presence = Below(10);
    return SetPresence{.agent = AnyAgent(),
                       .presence = presence < 6 ? AgentPresence::kOnline
                                                : static_cast<AgentPresence>(presence - 4)};
  }
  if (kind < 86) {
    SetProfile profile{.agent = AnyAgent()};
    profile.config_version = ++config_versions_[profile.agent];
    profile.capacity = CapacityOf(profile.agent);
    if (world_.capacities_change) profile.capacity = static_cast<int64_t>(20 * Below(15));
    profile.classes = AnyClasses(state);
    AddPlan(state, profile);
    profile.disabled = Below(4) == 0;
    return profile;
  }
  if (kind < 94) {
    Heartbeat heartbeat;
    for (int n = 0; n < world_.agents; ++n) {
      const std::string id = AgentId(n);
      auto agent = state.agents.find(id);
      if (Below(3) == 0 || agent == state.agents.end()) continue;
      const int64_t late = Below(10) == 0 ? 1 : 0;
      heartbeat.connections.emplace_back(id, agent->second.incarnation - late);
    }
    return heartbeat;
  }
  if (kind < 95) {
    return ForgetClosed{.before_ms = state.last_ms - static_cast<int64_t>(Below(600'000))};
  }
  Sweep sweep;
  if (Below(2) == 0) sweep.day_offset_ms = 28'800'000 + 3'600'000 * static_cast<int64_t>(Below(2));
  return sweep;
}

bool IsByHand(const std::string& cause) {
  return cause == "taken_over" || cause == "transferred" || cause == "claimed" ||
         cause == "unheld" || cause == "resumed";
}

std::string Describe(const Command& command) {
  struct Describer {
    std::string operator()(const OpenSession& c) const {
      return (c.reopen ? "reopen "
              : c.kept ? "arrive kept "
                       : "arrive ") +
             c.session + " in " + c.class_name + " life " + std::to_string(c.life) + " fence " +
             std::to_string(c.fence) + " for " + c.preferred;
    }
    std::string operator()(const TransferSession& c) const {
      return "transfer " + c.session + " from " + c.from + " fence " + std::to_string(c.fence) +
             " to " + c.to;
    }
    std::string operator()(const TakeOverSession& c) const {
      return "take over " + c.session + " by " + c.by;
    }
    std::string operator()(const CompleteSession& c) const { return "complete " + c.session; }
    std::string operator()(const ConnectAgent& c) const { return "connect " + c.agent; }
    std::string operator()(const SetProfile& c) const {
      return "profile " + c.agent + " capacity " + std::to_string(c.capacity) +
             (c.disabled ? " disabled" : "");
    }
    std::string operator()(const SetPresence& c) const {
      return "presence " + c.agent + " " + std::to_string(static_cast<int>(c.presence));
    }
    std::string operator()(const Heartbeat& c) const {
      return "heartbeat of " + std::to_string(c.connections.size());
    }
    std::string operator()(const Match& c) const { return "match " + c.target; }
    std::string operator()(const Sweep&) const { return "sweep"; }
    std::string operator()(const Configure& c) const {
      return "configure " + std::to_string(c.plan.version()) + " " + c.plan.all().front().name;
    }
    std::string operator()(const RequeueSession& c) const {
      return "requeue " + c.session + " from " + c.from + " to " + c.class_name;
    }
    std::string operator()(const ClaimSession& c) const {
      return "claim " + c.session + " by " + c.agent;
    }
    std::string operator()(const HoldSession& c) const { return "hold " + c.session; }
    std::string operator()(const UnholdSession& c) const { return "unhold " + c.session; }
    std::string operator()(const FinishSession& c) const { return "finish " + c.session; }
    std::string operator()(const AcceptOffer& c) const {
      return "accept " + c.session + " by " + c.agent + " offer " + std::to_string(c.offer);
    }
    std::string operator()(const DeclineOffer& c) const {
      return "decline " + c.session + " by " + c.agent + " offer " + std::to_string(c.offer);
    }
    std::string operator()(const RecallOffer& c) const { return "recall " + c.session; }
    std::string operator()(const SetBuyerPresent& c) const {
      return std::string("buyer ") + (c.present ? "back " : "away ") + c.session;
    }
    std::string operator()(const AbandonSession& c) const {
      return (c.park ? "park " : "abandon ") + c.session;
    }
    std::string operator()(const ForgetClosed& c) const {
      return "forget before " + std::to_string(c.before_ms);
    }
  };
  return std::visit(Describer{}, command);
}

}  // namespace kefu::gateway::routing::test
