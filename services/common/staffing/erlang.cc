#include "services/common/staffing/erlang.h"

#include <algorithm>
#include <cmath>

#include "services/common/staffing/integral.h"

namespace kefu::staffing {
namespace {

// What is smaller than e^−45 of the largest does not show in a double.
constexpr double kNegligibleLog = -45;
constexpr double kNegligible = 1e-19;
constexpr double kHuge = 1e300;

// Σ_{k<n} p_k/p_n = Σ_{j=1..n} n!/((n−j)!·A^j); may be ∞.
double BelowServers(double traffic, int64_t servers) {
  double term = 1, sum = 0;
  for (int64_t j = 0; j < servers; ++j) {
    const double ratio = static_cast<double>(servers - j) / traffic;
    term *= ratio;
    sum += term;
    if (sum > kHuge) return kForever;
    // Ratios fall, so from here on the terms do.
    if (ratio < 1 && term < kNegligible * sum * (1 - ratio)) break;
  }
  return sum;
}

// Σ_{i=1..count} r^i.
double Powers(double ratio, int64_t count) {
  if (count == 0) return 0;
  const double excess = ratio - 1, many = static_cast<double>(count);
  if (excess == 0) return many;
  return ratio * std::expm1(many * std::log1p(excess)) / excess;
}

// Σ of the weights of all states in which nobody waits, relative to that in which all slots are
// taken and nobody waits yet. Between n and n·K chats the team works as fast as it can.
double BelowSlots(const Load& load, const Team& team) {
  const double below = BelowServers(load.traffic(), team.servers());
  const int64_t more = team.slots() - team.servers();
  if (more == 0) return below;
  const double ratio = static_cast<double>(team.servers()) / load.traffic();
  return Powers(ratio, more) + std::pow(ratio, static_cast<double>(more)) * below;
}

// 1 − e^−x − x, which is −x²/2 for small x.
double Droop(double x) {
  if (std::abs(x) > 0.25) return -std::expm1(-x) - x;
  double series = 0;
  for (int k = 14; k >= 2; --k) series = x / k * (1 - series);
  // series is now (x/2)(1 − (x/3)(1 − …)).
  return -x * series;
}

// x − ln(1+x) for x ≥ 0, which is x²/2 for small x.
double AboveLog(double x) {
  if (x > 0.05) return x - std::log1p(x);
  double series = 0;
  for (int k = 16; k >= 2; --k) series = 1.0 / k - x * series;
  return x * x * series;
}

// h(v) of the header, divided by its maximum, which keeps it within the range of a double.
class OfferedWait {
 public:
  OfferedWait(const Load& load, double servers)
      : lambda_(load.arrivals_per_s),
        capacity_(servers / load.aht_s),
        patience_(load.patience_s),
        mode_(lambda_ > capacity_ ? patience_ * std::log1p((lambda_ - capacity_) / capacity_) : 0),
        log_max_(lambda_ > capacity_
                     ? capacity_ * patience_ * AboveLog((lambda_ - capacity_) / capacity_)
                     : 0) {}

  double capacity() const { return capacity_; }
  double log_max() const { return log_max_; }

  // {∫h, ∫H·h} over the whole, and until `target`.
  struct Integrals {
    Pair all;
    Pair within;
  };
  Integrals Over(double target) const {
    const double from = mode_ > 0 ? std::max(0.0, mode_ - Reach(-1)) : 0;
    const double to = mode_ + Reach(1);
    const auto both = [this](double wait) {
      const double density = std::exp(LogDensity(wait));
      return Pair{density, density * MeanWait(wait)};
    };
    // From the summit outwards, and cut at the target.
    const auto section = [&](double a, double b) { return Integrate(both, a, b); };
    Integrals found;
    const double cut = std::clamp(target, from, to);
    found.within += section(std::min(mode_, cut), cut);
    found.within += section(from, std::min(mode_, cut));
    found.all = found.within;
    found.all += section(std::max(mode_, cut), to);
    found.all += section(cut, std::max(mode_, cut));
    return found;
  }

 private:
  double LogDensity(double wait) const {
    if (mode_ > 0) return capacity_ * patience_ * Droop((wait - mode_) / patience_);
    return lambda_ * patience_ * Droop(wait / patience_) - (capacity_ - lambda_) * wait;
  }
  // H(v): of those who are offered this wait, what they wait on average until served or gone.
  double MeanWait(double wait) const { return -std::expm1(-wait / patience_) * patience_; }
  // How far from the mode the density matters.
  double Reach(int side) const {
    double reach = 1 / capacity_;
    while (LogDensity(mode_ + side * reach) > kNegligibleLog) reach *= 2;
    return reach;
  }

  const double lambda_, capacity_, patience_;
  const double mode_;
  const double log_max_;
};

Performance Patient(const Load& load, const Team& team, double target_s) {
  const double servers = static_cast<double>(team.servers());
  const double spare = servers - load.traffic();
  if (spare <= 0) {
    return {.stable = false,
            .wait_probability = 1,
            .service_level = 0,
            .asa_s = kForever,
            .queue_length = kForever,
            .occupancy = 1};
  }
  const double waiting = servers / spare;  // Σ ρ^j
  Performance result;
  result.wait_probability = waiting / (BelowSlots(load, team) + waiting);
  result.service_level = 1 - result.wait_probability * std::exp(-spare * target_s / load.aht_s);
  result.asa_s = result.wait_probability * load.aht_s / spare;
  result.queue_length = load.arrivals_per_s * result.asa_s;
  result.occupancy = load.traffic() / servers;
  return result;
}

Performance Impatient(const Load& load, const Team& team, double target_s) {
  const double servers = static_cast<double>(team.servers());
  const OfferedWait offered(load, servers);
  const OfferedWait::Integrals found = offered.Over(target_s);
  const double below = BelowSlots(load, team) * std::exp(-offered.log_max());
  const double scale = offered.capacity() / (below + offered.capacity() * found.all.first);
  Performance result;
  result.wait_probability = scale * found.all.first;
  result.asa_s = scale * found.all.second;
  result.abandon_probability = result.asa_s / load.patience_s;
  result.queue_length = load.arrivals_per_s * result.asa_s;
  result.occupancy = load.traffic() * (1 - result.abandon_probability) / servers;
  const double served_in_time = found.within.first - found.within.second / load.patience_s;
  result.service_level = std::clamp(1 - result.wait_probability + scale * served_in_time, 0.0, 1.0);
  return result;
}

}  // namespace

double ErlangB(double traffic, int64_t lines) {
  if (traffic == 0) return lines == 0 ? 1 : 0;
  return 1 / (1 + BelowServers(traffic, lines));
}

Performance Evaluate(const Load& load, const Team& team, double target_s) {
  if (load.arrivals_per_s == 0) return {};
  return load.abandons() ? Impatient(load, team, target_s) : Patient(load, team, target_s);
}

int64_t LeastStableAgents(const Load& load, Team team) {
  team.agents = 1;
  const double each = static_cast<double>(team.servers());
  return load.abandons() ? 1 : static_cast<int64_t>(std::floor(load.traffic() / each)) + 1;
}

}  // namespace kefu::staffing
