#include "services/common/staffing/requirement.h"

#include <algorithm>
#include <cmath>

namespace kefu::staffing {
namespace {

// 0.7 and 8.5/10 are no sums of powers of two: quotients that ought to be whole, or equal to the
// bound, miss it by rounding.
constexpr double kRounding = 1e-9;

class Search {
 public:
  Search(const Load& load, const Team& team, const Goal& goal)
      : load_(load), team_(team), goal_(goal) {}

  bool Enough(int64_t agents) {
    team_.agents = agents;
    performance_ = Evaluate(load_, team_, goal_.target_s);
    return goal_.MetBy(performance_);
  }
  Requirement At(int64_t agents) {
    Enough(agents);
    return {agents, performance_};
  }

 private:
  const Load& load_;
  Team team_;
  const Goal& goal_;
  Performance performance_;
};

int64_t FirstGuess(const Load& load, Team team) {
  team.agents = 1;
  const double each = static_cast<double>(team.servers());
  const double guess = std::ceil((load.traffic() + std::sqrt(load.traffic())) / each);
  return std::clamp<int64_t>(static_cast<int64_t>(guess), 1, kMostAgents);
}

}  // namespace

bool Goal::MetBy(const Performance& performance) const {
  const auto at_most = [](double value, const std::optional<double>& bound) {
    return !bound || value <= *bound * (1 + kRounding);
  };
  return performance.stable && (!service_level || performance.service_level >= *service_level) &&
         at_most(performance.asa_s, max_asa_s) &&
         at_most(performance.abandon_probability, max_abandon_probability) &&
         at_most(performance.occupancy, max_occupancy);
}

std::optional<Requirement> LeastAgents(const Load& load, Team team, const Goal& goal) {
  if (load.arrivals_per_s == 0) return Requirement{};
  Search search(load, team, goal);
  // too_few < the answer ≤ enough.
  int64_t too_few = 0, enough = kMostAgents + 1;
  const int64_t guess = FirstGuess(load, team);
  if (search.Enough(guess)) {
    enough = guess;
    for (int64_t step = 1; enough - step > 0; step *= 2) {
      if (!search.Enough(enough - step)) {
        too_few = enough - step;
        break;
      }
      enough -= step;
    }
  } else {
    too_few = guess;
    for (int64_t step = 1; too_few + step <= kMostAgents; step *= 2) {
      if (search.Enough(too_few + step)) {
        enough = too_few + step;
        break;
      }
      too_few += step;
    }
  }
  while (enough - too_few > 1) {
    const int64_t middle = too_few + (enough - too_few) / 2;
    (search.Enough(middle) ? enough : too_few) = middle;
  }
  if (enough > kMostAgents) return std::nullopt;
  return search.At(enough);
}

int64_t WithShrinkage(int64_t agents, double shrinkage) {
  const double roster = static_cast<double>(agents) / (1 - shrinkage);
  return static_cast<int64_t>(std::ceil(roster * (1 - kRounding)));
}

}  // namespace kefu::staffing
