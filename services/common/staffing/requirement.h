// The fewest agents that keep what a shop has promised.
//
//   LeastAgents({.arrivals_per_s = 0.1, .aht_s = 240}, {}, {.target_s = 20, .service_level = 0.8})
//       // 29
//
// Every goal is met from some number of agents on, so the number is found by doubling and halving
// around √-staffing: O(log √n) evaluations. Pure; any thread; arguments are the caller's to check.
#pragma once

#include <cstdint>
#include <optional>

#include "services/common/staffing/erlang.h"

namespace kefu::staffing {

inline constexpr int64_t kMostAgents = 1'000'000;

// All that is set must be met.
struct Goal {
  // At least this share of arrivals is served within target_s.
  double target_s = 0;
  std::optional<double> service_level;
  std::optional<double> max_asa_s;
  std::optional<double> max_abandon_probability;
  std::optional<double> max_occupancy;

  bool MetBy(const Performance& performance) const;
};

struct Requirement {
  // 0 if nobody comes.
  int64_t agents = 0;
  Performance performance;
};

// Teams like `team`, whose number of agents does not matter. Nothing if kMostAgents are too few.
std::optional<Requirement> LeastAgents(const Load& load, Team team, const Goal& goal);

// How many must be on the roster for so many to be at work, if this share of them is on breaks, in
// training or ill.
int64_t WithShrinkage(int64_t agents, double shrinkage);

}  // namespace kefu::staffing
