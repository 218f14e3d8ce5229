// A comparison as people and programs read it. Pure; the same comparison gives the same bytes.
#pragma once

#include <string>

#include "gateway/routing/simulation/comparison.h"

namespace kefu::gateway::routing::simulation {

// A table of all figures; then, by traits, the few that matter most.
std::string ReportText(const Comparison& comparison);
// One line. Intervals are there if there was more than one repetition.
std::string ReportJson(const Comparison& comparison);

}  // namespace kefu::gateway::routing::simulation
