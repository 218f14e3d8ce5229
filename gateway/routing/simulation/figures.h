// What a run amounts to, in numbers. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/routing/simulation/run.h"

namespace kefu::gateway::routing::simulation {

// Times in seconds, shares 0 to 1. Of what is counted (RunOptions::warm_up_ms).
struct Figures {
  double arrivals = 0;
  double served = 0;
  double abandoned = 0;
  double turned_away = 0;
  double left_over = 0;
  // Served within the threshold, by arrivals; buyers who gave up before it count as not served.
  double service_level = 0;
  // Abandoned by arrivals.
  double abandonment = 0;
  // Arrivals that were not served at once, by arrivals.
  double waited = 0;
  // Of sessions that were served. A percentile is the smallest wait that so many did not exceed.
  double wait_mean = 0;
  double wait_p50 = 0;
  double wait_p90 = 0;
  double wait_p99 = 0;
  double wait_max = 0;
  // Of all arrivals, until they were served or left.
  double queue_mean = 0;
  // From the first agent's taking it to its end.
  double handling_mean = 0;
  // Served after relaxation, by served.
  double relaxed = 0;
  // Owners beyond the first one.
  double passed_on = 0;
  // Over agents who were at work: used capacity by capacity, their mean (by capacity), the standard
  // deviation over agents by the mean of agents, the highest by the mean of agents.
  double occupancy = 0;
  double occupancy_variation = 0;
  double occupancy_max_by_mean = 0;
  // The same of the number of sessions that an agent got.
  double sessions_variation = 0;
  double sessions_max_by_mean = 0;
};

enum class Unit { kCount, kSeconds, kShare, kRatio };

struct FigureInfo {
  std::string_view name;  // in JSON
  std::string_view label;
  Unit unit;
  double Figures::*value;
};

// All figures, in the order in which they are shown.
const std::vector<FigureInfo>& AllFigures();

Figures Measure(const RunResult& run, int64_t threshold_ms);
// Of some sessions, by their places in the run; nothing is said of agents.
Figures MeasureSessions(const RunResult& run, const std::vector<size_t>& which,
                        int64_t threshold_ms);

// A mean over repetitions, and how far the true one may be from it: half of the 95 % interval
// (Student's t). With one repetition it is the value itself, and nothing is known of the interval.
struct Estimate {
  double mean = 0;
  double half_width = 0;
};
Estimate EstimateOf(const std::vector<double>& values);

}  // namespace kefu::gateway::routing::simulation
