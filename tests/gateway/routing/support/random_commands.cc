#include "tests/gateway/routing/support/random_commands.h"

#include <algorithm>
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

std::vector<std::string> RandomCommands::AnyClasses() {
  std::vector<std::string> classes = {"g.0"};
  if (Below(2) == 0) classes.push_back("h.0");
  if (Below(3) == 0) classes.push_back("k.0");
  if (Below(6) == 0) classes.erase(classes.begin());
  return classes;
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

Command RandomCommands::Fresh(const State& state) {
  const uint64_t kind = Below(100);
  if (kind < 30) {
    const std::string id = AnySession();
    const SessionRecord* known = Find(state, id);
    OpenSession open{.session = id, .class_name = std::array{"g.0", "g.0", "h.0", "k.0"}[Below(4)]};
    open.boost_ms = Below(5) == 0 ? 60'000 : 0;
    open.category = static_cast<int64_t>(Below(6));
    open.language = Below(2) == 0 ? "zh-CN" : "en";
    open.reopen = known != nullptr && Below(2) == 0;
    if (known != nullptr) {
      open.life = Below(4) == 0 ? 0 : known->life + static_cast<int64_t>(Below(2));
      open.fence = Below(4) == 0 ? known->fence + static_cast<int64_t>(Below(3)) : 0;
    }
    if (Below(3) == 0) open.preferred = AnyAgent();
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
    connect.classes = AnyClasses();
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
    profile.classes = AnyClasses();
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
  return Sweep{};
}

std::string Describe(const Command& command) {
  struct Describer {
    std::string operator()(const OpenSession& c) const {
      return (c.reopen ? "reopen " : "arrive ") + c.session + " in " + c.class_name + " life " +
             std::to_string(c.life) + " fence " + std::to_string(c.fence) + " for " + c.preferred;
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
    std::string operator()(const ForgetClosed& c) const {
      return "forget before " + std::to_string(c.before_ms);
    }
  };
  return std::visit(Describer{}, command);
}

}  // namespace kefu::gateway::routing::test
