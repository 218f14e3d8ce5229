#include "gateway/routing/domain/state.h"

#include <algorithm>

namespace kefu::gateway::routing {
namespace {

constexpr int64_t kDayMs = 86'400'000;

int64_t LoadOf(const AgentRecord& agent) { return 1000 * agent.used / agent.capacity; }

// Who had none today comes first, by the day of the last one; so nothing has to be reset.
int64_t FewestTodayScore(const AgentRecord& agent, const State& state) {
  if (agent.today == 0) return 0;
  const int64_t day = agent.day - state.score_origin_ms.value_or(0) / kDayMs + 2;
  return std::max<int64_t>(0, day) * (int64_t{1} << 39) +
         std::min<int64_t>(agent.today, 4095) * (int64_t{1} << 27) +
         agent.turn % (int64_t{1} << 27);
}

ClassSpec Plain(const std::string& name, uint32_t weight) {
  ClassSpec spec;
  spec.name = name;
  spec.weight = spec.held_weight = spec.wrap_weight = weight;
  return spec;
}

}  // namespace

ClassSpec SpecIn(const State& state, const ClassTable& plain, const std::string& class_name) {
  if (class_name.starts_with('@')) return Plain(class_name, 0);
  if (!state.plan.has_value()) return Plain(class_name, plain.Find(class_name).weight);
  const auto retired = state.retired.find(class_name);
  return retired != state.retired.end() ? retired->second : state.plan->Find(class_name);
}

bool AgentRecord::Serves(const std::string& class_name) const {
  return std::find(classes.begin(), classes.end(), class_name) != classes.end();
}

int64_t AgentRecord::LevelIn(const std::string& class_name) const {
  const auto found = std::find(classes.begin(), classes.end(), class_name);
  const auto at = static_cast<size_t>(found - classes.begin());
  return at < levels.size() ? levels[at] : 0;
}

int64_t NextPlace(int64_t enqueue_ms, int64_t origin_ms, int64_t last) {
  return std::max((enqueue_ms - origin_ms) * 1024, last + 1);
}

int64_t WaitScore(int64_t place, int64_t boost_ms) { return place - boost_ms * 1024; }

int64_t LoadScore(const AgentRecord& agent, int64_t origin_ms) {
  const int64_t idle_since = std::max<int64_t>(0, agent.last_assigned_ms - origin_ms);
  return LoadOf(agent) * (int64_t{1} << 41) + idle_since;
}

int64_t ChoiceScore(const AgentRecord& agent, const ClassSpec& spec, const State& state) {
  const int64_t origin = state.score_origin_ms.value_or(0);
  switch (spec.strategy) {
    case Strategy::kLeastLoaded:
      return LoadScore(agent, origin);
    case Strategy::kLongestIdle:
      return std::max<int64_t>(0, agent.last_assigned_ms - origin);
    case Strategy::kRoundRobin:
      return agent.turn;
    case Strategy::kHighestLevel:
      return (5 - agent.LevelIn(spec.name)) * (int64_t{1} << 50) +
             std::min<int64_t>(LoadOf(agent), 2047) * (int64_t{1} << 39) +
             agent.turn % (int64_t{1} << 39);
    case Strategy::kFewestToday:
      return FewestTodayScore(agent, state);
    case Strategy::kManualClaim:
      break;
  }
  return 0;
}

}  // namespace kefu::gateway::routing
