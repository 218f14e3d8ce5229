#include "services/common/staffing/calculator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "services/common/base/status.h"

namespace kefu::staffing {
namespace {

constexpr double kMostArrivals = 1e9;
constexpr double kMostInInterval = 1e7;
constexpr double kShortestAht = 1e-3;
constexpr double kLongestTime = 1e7;  // seconds; a third of a year
constexpr double kMostTraffic = kMostAgents;
constexpr double kMostChats = 1000;
constexpr double kMostLines = 1e7;

using Field = std::string_view;

absl::Status CheckBetween(Field field, double value, double least, double most) {
  if (value >= least && value <= most) return absl::OkStatus();  // not if it is NaN
  return InvalidField(field, fmt::format("Give a number from {} to {}.", least, most));
}

absl::Status CheckWhole(Field field, double value, double least, double most) {
  if (value >= least && value <= most && std::floor(value) == value) return absl::OkStatus();
  return InvalidField(field, fmt::format("Give a whole number from {} to {}.", least, most));
}

absl::Status CheckIfGiven(Field field, const std::optional<double>& value, double least,
                          double most) {
  return value ? CheckBetween(field, *value, least, most) : absl::OkStatus();
}

// Neither bound is allowed.
absl::Status CheckInside(Field field, double value, double low, double high) {
  if (value > low && value < high) return absl::OkStatus();
  return InvalidField(field, fmt::format("Give a number above {} and below {}.", low, high));
}

absl::StatusOr<Load> LoadOf(const Demand& demand, Field arrivals_field, Field aht_field) {
  KEFU_RETURN_IF_ERROR(CheckBetween(arrivals_field, demand.arrivals_per_hour, 0, kMostArrivals));
  KEFU_RETURN_IF_ERROR(CheckBetween(aht_field, demand.aht_s, kShortestAht, kLongestTime));
  KEFU_RETURN_IF_ERROR(CheckIfGiven("patience_s", demand.patience_s, kShortestAht, kLongestTime));
  const Load load = {.arrivals_per_s = demand.arrivals_per_hour / 3600,
                     .aht_s = demand.aht_s,
                     .patience_s = demand.patience_s.value_or(kForever)};
  if (load.traffic() <= kMostTraffic) return load;
  return InvalidField(
      arrivals_field,
      fmt::format("With {} of {} s these are {:.0f} erlangs; more than {} are not calculated.",
                  aht_field, demand.aht_s, load.traffic(), kMostTraffic));
}

absl::StatusOr<Team> TeamOf(const Desk& desk, double agents) {
  KEFU_RETURN_IF_ERROR(CheckWhole("agents", agents, 1, static_cast<double>(kMostAgents)));
  KEFU_RETURN_IF_ERROR(CheckWhole("chats_per_agent", desk.chats_per_agent, 1, kMostChats));
  if (desk.chats_per_agent > 1 && !desk.sharing) {
    return InvalidField("sharing",
                        "Say whether an agent's chats slow each other down: none or processor.");
  }
  return Team{.agents = static_cast<int64_t>(agents),
              .chats_per_agent = static_cast<int64_t>(desk.chats_per_agent),
              .sharing = desk.sharing.value_or(Sharing::kNone)};
}

absl::StatusOr<Goal> GoalOf(const Aim& aim, bool abandons) {
  KEFU_RETURN_IF_ERROR(CheckIfGiven("target_s", aim.target_s, 0, kLongestTime));
  KEFU_RETURN_IF_ERROR(CheckIfGiven("max_asa_s", aim.max_asa_s, 1e-6, kLongestTime));
  if (aim.service_level) {
    KEFU_RETURN_IF_ERROR(CheckInside("service_level", *aim.service_level, 0, 1));
    if (!aim.target_s) {
      return InvalidField("target_s", "Say within how many seconds the service level holds.");
    }
  }
  if (aim.max_abandon_probability) {
    KEFU_RETURN_IF_ERROR(
        CheckInside("max_abandon_probability", *aim.max_abandon_probability, 0, 1));
    if (!abandons) {
      return InvalidField("patience_s",
                          "Say how long buyers wait on average before they leave: without it "
                          "nobody does, and max_abandon_probability means nothing.");
    }
  }
  if (aim.max_occupancy && !(*aim.max_occupancy > 0 && *aim.max_occupancy <= 1)) {
    return InvalidField("max_occupancy", "Give a number above 0 and at most 1.");
  }
  if (!aim.service_level && !aim.max_asa_s && !aim.max_abandon_probability && !aim.max_occupancy) {
    return InvalidField("service_level",
                        "Set a goal: service_level with target_s, max_asa_s, "
                        "max_abandon_probability or max_occupancy.");
  }
  return Goal{.target_s = aim.target_s.value_or(0),
              .service_level = aim.service_level,
              .max_asa_s = aim.max_asa_s,
              .max_abandon_probability = aim.max_abandon_probability,
              .max_occupancy = aim.max_occupancy};
}

absl::Status CheckShrinkage(double shrinkage) {
  if (shrinkage >= 0 && shrinkage <= 0.99) return absl::OkStatus();
  return InvalidField("shrinkage",
                      "Give the share of the roster that is not at work: from 0 to 0.99.");
}

absl::StatusOr<Required> RequireChecked(const Load& load, const RequireInput& input,
                                        Field arrivals_field) {
  KEFU_ASSIGN_OR_RETURN(const Team team, TeamOf(input.desk, 1));
  KEFU_ASSIGN_OR_RETURN(const Goal goal, GoalOf(input.aim, load.abandons()));
  KEFU_RETURN_IF_ERROR(CheckShrinkage(input.shrinkage));
  const std::optional<Requirement> least = LeastAgents(load, team, goal);
  if (!least) {
    return InvalidField(arrivals_field,
                        fmt::format("Even {} agents do not reach the goal for so many: ask for "
                                    "less, or divide the load.",
                                    kMostAgents));
  }
  return Required{.traffic_erlang = load.traffic(),
                  .agents = least->agents,
                  .agents_with_shrinkage = WithShrinkage(least->agents, input.shrinkage),
                  .performance = least->performance};
}

}  // namespace

absl::StatusOr<Calculation> Calculate(const CalculateInput& input) {
  KEFU_ASSIGN_OR_RETURN(const Load load, LoadOf(input.demand, "arrivals_per_hour", "aht_s"));
  KEFU_ASSIGN_OR_RETURN(const Team team, TeamOf(input.desk, input.agents));
  KEFU_RETURN_IF_ERROR(CheckIfGiven("target_s", input.target_s, 0, kLongestTime));
  return Calculation{.traffic_erlang = load.traffic(),
                     .performance = Evaluate(load, team, input.target_s.value_or(0)),
                     .stable_agents = LeastStableAgents(load, team)};
}

absl::StatusOr<Required> Require(const RequireInput& input) {
  KEFU_ASSIGN_OR_RETURN(const Load load, LoadOf(input.demand, "arrivals_per_hour", "aht_s"));
  return RequireChecked(load, input, "arrivals_per_hour");
}

absl::Status CheckPlan(const PlanInput& input) {
  KEFU_RETURN_IF_ERROR(CheckBetween("interval_minutes", input.interval_minutes, 1, 1440));
  KEFU_RETURN_IF_ERROR(CheckBetween("aht_s", input.aht_s, kShortestAht, kLongestTime));
  if (!input.intervals.empty() && input.intervals.size() <= kMostIntervals) {
    return absl::OkStatus();
  }
  return InvalidField("intervals", fmt::format("Give from 1 to {} intervals.", kMostIntervals));
}

absl::StatusOr<Required> RequireInInterval(const PlanInput& input, size_t index) {
  const PlanInterval& interval = input.intervals[index];
  const RequireInput asked = {
      .demand = {.arrivals_per_hour = interval.arrivals * 60 / input.interval_minutes,
                 .aht_s = interval.aht_s.value_or(input.aht_s),
                 .patience_s = input.patience_s},
      .desk = input.desk,
      .aim = input.aim,
      .shrinkage = input.shrinkage};
  const std::string prefix = fmt::format("intervals[{}].", index);
  KEFU_RETURN_IF_ERROR(CheckBetween(prefix + "arrivals", interval.arrivals, 0, kMostInInterval));
  KEFU_ASSIGN_OR_RETURN(const Load load, LoadOf(asked.demand, prefix + "arrivals",
                                                interval.aht_s ? prefix + "aht_s" : "aht_s"));
  return RequireChecked(load, asked, prefix + "arrivals");
}

void PlanTotals::Add(const Required& required, double interval_minutes) {
  const double hours = interval_minutes / 60;
  peak_agents = std::max(peak_agents, required.agents);
  peak_agents_with_shrinkage = std::max(peak_agents_with_shrinkage, required.agents_with_shrinkage);
  agent_hours += static_cast<double>(required.agents) * hours;
  agent_hours_with_shrinkage += static_cast<double>(required.agents_with_shrinkage) * hours;
}

absl::StatusOr<WaitAnswer> PredictWait(const WaitInput& input) {
  KEFU_RETURN_IF_ERROR(CheckWhole("ahead", input.ahead, 0, kMostArrivals));
  const Demand demand = {.aht_s = input.aht_s, .patience_s = input.patience_s};
  KEFU_ASSIGN_OR_RETURN(const Load load, LoadOf(demand, "arrivals_per_hour", "aht_s"));
  KEFU_ASSIGN_OR_RETURN(const Team team, TeamOf(input.desk, input.agents));
  KEFU_RETURN_IF_ERROR(CheckIfGiven("last_wait_s", input.last_wait_s, 0, kLongestTime));
  const Counter counter = {.servers = static_cast<double>(team.servers()),
                           .aht_s = load.aht_s,
                           .patience_s = load.patience_s};
  const auto ahead = static_cast<uint64_t>(input.ahead);
  return WaitAnswer{.expected_wait_s = ExpectedWait(counter, ahead),
                    .range = PredictWait(counter, ahead, input.last_wait_s)};
}

absl::StatusOr<double> Blocking(double traffic_erlang, double lines) {
  KEFU_RETURN_IF_ERROR(CheckBetween("traffic_erlang", traffic_erlang, 0, kMostTraffic));
  KEFU_RETURN_IF_ERROR(CheckWhole("lines", lines, 0, kMostLines));
  return ErlangB(traffic_erlang, static_cast<int64_t>(lines));
}

}  // namespace kefu::staffing
