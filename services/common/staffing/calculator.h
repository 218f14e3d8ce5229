// The front of the staffing models for those who take questions from outside (the gateway's
// StaffingService, kefuctl staffing): quantities as people give them, checked here and nowhere
// else.
//
//   Calculate({.demand = {.arrivals_per_hour = 200, .aht_s = 180}, .agents = 14, .target_s = 20});
//
// Errors: INVALID_ARGUMENT names the field, as JSON and protos spell it, and says what to do. That
// a queue would grow for ever is an answer, not an error. Pure; any thread.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/staffing/expected_wait.h"
#include "services/common/staffing/requirement.h"

namespace kefu::staffing {

inline constexpr size_t kMostIntervals = 2016;  // six weeks of half hours

struct Demand {
  double arrivals_per_hour = 0;
  double aht_s = 0;
  // Absent: nobody leaves (Erlang C).
  std::optional<double> patience_s;
};

struct Desk {
  // A double, as all that is counted here: what is not a whole number is told of.
  double chats_per_agent = 1;
  // Needed for more than one.
  std::optional<Sharing> sharing;
};

struct CalculateInput {
  Demand demand;
  Desk desk;
  double agents = 0;
  std::optional<double> target_s;
};

struct Calculation {
  double traffic_erlang = 0;
  // Its service_level counts only if there is a target.
  Performance performance;
  // The fewest with which the queue does not grow for ever.
  int64_t stable_agents = 1;
};
absl::StatusOr<Calculation> Calculate(const CalculateInput& input);

struct Aim {
  std::optional<double> target_s, service_level;
  std::optional<double> max_asa_s, max_abandon_probability, max_occupancy;
};

struct RequireInput {
  Demand demand;
  Desk desk;
  Aim aim;
  double shrinkage = 0;
};

struct Required {
  double traffic_erlang = 0;
  int64_t agents = 0;
  int64_t agents_with_shrinkage = 0;
  Performance performance;
};
absl::StatusOr<Required> Require(const RequireInput& input);

// A table: so many agents in each of consecutive intervals.
struct PlanInterval {
  double arrivals = 0;
  // Absent: the plan's.
  std::optional<double> aht_s;
};
struct PlanInput {
  double interval_minutes = 30;
  std::vector<PlanInterval> intervals;
  double aht_s = 0;
  std::optional<double> patience_s;
  Desk desk;
  Aim aim;
  double shrinkage = 0;
};
// What does not belong to one interval.
absl::Status CheckPlan(const PlanInput& input);
absl::StatusOr<Required> RequireInInterval(const PlanInput& input, size_t index);

struct PlanTotals {
  int64_t peak_agents = 0;
  int64_t peak_agents_with_shrinkage = 0;
  double agent_hours = 0;
  double agent_hours_with_shrinkage = 0;

  void Add(const Required& required, double interval_minutes);
};

// The wait of a buyer with so many ahead (expected_wait.h).
struct WaitInput {
  double ahead = 0;
  double agents = 0;
  double aht_s = 0;
  std::optional<double> patience_s;
  Desk desk;
  std::optional<double> last_wait_s;
};
struct WaitAnswer {
  double expected_wait_s = 0;
  WaitRange range;
};
absl::StatusOr<WaitAnswer> PredictWait(const WaitInput& input);

absl::StatusOr<double> Blocking(double traffic_erlang, double lines);

}  // namespace kefu::staffing
