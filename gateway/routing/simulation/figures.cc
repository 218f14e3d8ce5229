#include "gateway/routing/simulation/figures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kefu::gateway::routing::simulation {
namespace {

using End = SessionResult::End;

// Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom, then the normal one.
constexpr double kStudent[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                               2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                               2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                               2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
constexpr double kNormal = 1.960;

double Seconds(int64_t ms) { return static_cast<double>(ms) / 1000; }
double By(double part, double whole) { return whole > 0 ? part / whole : 0; }

double MeanSeconds(const std::vector<int64_t>& ms) {
  const auto sum = std::accumulate(ms.begin(), ms.end(), int64_t{0});
  return By(Seconds(sum), static_cast<double>(ms.size()));
}

// Of sorted values.
double PercentileSeconds(const std::vector<int64_t>& sorted, size_t percent) {
  if (sorted.empty()) return 0;
  const size_t rank = (sorted.size() * percent + 99) / 100;
  return Seconds(sorted[std::max<size_t>(rank, 1) - 1]);
}

struct Spread {
  double mean = 0;
  double variation = 0;
  double max_by_mean = 0;
};

Spread SpreadOf(const std::vector<double>& values) {
  Spread spread;
  if (values.empty()) return spread;
  const auto count = static_cast<double>(values.size());
  spread.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.variation = By(std::sqrt(squares / count), spread.mean);
  spread.max_by_mean = By(*std::max_element(values.begin(), values.end()), spread.mean);
  return spread;
}

void MeasureAgents(const RunResult& run, Figures* figures) {
  std::vector<double> occupancies;
  std::vector<double> sessions;
  double used = 0;
  double capacity = 0;
  for (const AgentResult& agent : run.agents) {
    if (agent.capacity_ms <= 0) continue;
    used += agent.used_ms;
    capacity += agent.capacity_ms;
    occupancies.push_back(agent.used_ms / agent.capacity_ms);
    sessions.push_back(agent.sessions);
  }
  figures->occupancy = By(used, capacity);
  const Spread by_load = SpreadOf(occupancies);
  figures->occupancy_variation = by_load.variation;
  figures->occupancy_max_by_mean = by_load.max_by_mean;
  const Spread by_sessions = SpreadOf(sessions);
  figures->sessions_variation = by_sessions.variation;
  figures->sessions_max_by_mean = by_sessions.max_by_mean;
}

// What sessions add up to, one by one.
class Tally {
 public:
  explicit Tally(int64_t threshold_ms) : threshold_ms_(threshold_ms) {}
  void Add(const SessionResult& session);
  Figures Sum();

 private:
  const int64_t threshold_ms_;
  Figures figures_;
  double in_time_ = 0;
  double waited_ = 0;
  double relaxed_ = 0;
  std::vector<int64_t> waits_;
  std::vector<int64_t> queued_;
  std::vector<int64_t> handling_;
};

void Tally::Add(const SessionResult& session) {
  ++figures_.arrivals;
  queued_.push_back(session.wait_ms());
  const bool served = session.end == End::kServed;
  if (!served || session.wait_ms() > 0) ++waited_;
  if (session.end == End::kAbandoned) ++figures_.abandoned;
  if (session.end == End::kTurnedAway) ++figures_.turned_away;
  if (session.end == End::kLeftOver) ++figures_.left_over;
  if (session.owners > 1) figures_.passed_on += session.owners - 1;
  if (!served) return;
  ++figures_.served;
  if (session.wait_ms() <= threshold_ms_) ++in_time_;
  if (session.step > 0) ++relaxed_;
  waits_.push_back(session.wait_ms());
  handling_.push_back(session.ended_ms - session.served_ms);
}

Figures Tally::Sum() {
  std::sort(waits_.begin(), waits_.end());
  figures_.service_level = By(in_time_, figures_.arrivals);
  figures_.abandonment = By(figures_.abandoned, figures_.arrivals);
  figures_.waited = By(waited_, figures_.arrivals);
  figures_.wait_mean = MeanSeconds(waits_);
  figures_.wait_p50 = PercentileSeconds(waits_, 50);
  figures_.wait_p90 = PercentileSeconds(waits_, 90);
  figures_.wait_p99 = PercentileSeconds(waits_, 99);
  figures_.wait_max = PercentileSeconds(waits_, 100);
  figures_.queue_mean = MeanSeconds(queued_);
  figures_.handling_mean = MeanSeconds(handling_);
  figures_.relaxed = By(relaxed_, figures_.served);
  return figures_;
}

}  // namespace

const std::vector<FigureInfo>& AllFigures() {
  static const std::vector<FigureInfo> all = {
      {"arrivals", "arrivals", Unit::kCount, &Figures::arrivals},
      {"served", "served", Unit::kCount, &Figures::served},
      {"abandoned", "abandoned", Unit::kCount, &Figures::abandoned},
      {"turned_away", "turned away", Unit::kCount, &Figures::turned_away},
      {"left_over", "left over", Unit::kCount, &Figures::left_over},
      {"service_level", "service level", Unit::kShare, &Figures::service_level},
      {"abandonment", "abandonment", Unit::kShare, &Figures::abandonment},
      {"waited", "had to wait", Unit::kShare, &Figures::waited},
      {"wait_mean", "wait, mean", Unit::kSeconds, &Figures::wait_mean},
      {"wait_p50", "wait, p50", Unit::kSeconds, &Figures::wait_p50},
      {"wait_p90", "wait, p90", Unit::kSeconds, &Figures::wait_p90},
      {"wait_p99", "wait, p99", Unit::kSeconds, &Figures::wait_p99},
      {"wait_max", "wait, longest", Unit::kSeconds, &Figures::wait_max},
      {"queue_mean", "in the queue, mean", Unit::kSeconds, &Figures::queue_mean},
      {"handling_mean", "handling, mean", Unit::kSeconds, &Figures::handling_mean},
      {"relaxed", "served after relaxation", Unit::kShare, &Figures::relaxed},
      {"passed_on", "passed on", Unit::kCount, &Figures::passed_on},
      {"occupancy", "occupancy", Unit::kShare, &Figures::occupancy},
      {"occupancy_variation", "occupancy, variation", Unit::kRatio, &Figures::occupancy_variation},
      {"occupancy_max_by_mean", "occupancy, highest/mean", Unit::kRatio,
       &Figures::occupancy_max_by_mean},
      {"sessions_variation", "sessions per agent, variation", Unit::kRatio,
       &Figures::sessions_variation},
      {"sessions_max_by_mean", "sessions per agent, most/mean", Unit::kRatio,
       &Figures::sessions_max_by_mean},
  };
  return all;
}

Figures Measure(const RunResult& run, int64_t threshold_ms) {
  Tally tally(threshold_ms);
  for (const SessionResult& session : run.sessions) {
    if (session.counted) tally.Add(session);
  }
  Figures figures = tally.Sum();
  MeasureAgents(run, &figures);
  return figures;
}

Figures MeasureSessions(const RunResult& run, const std::vector<size_t>& which,
                        int64_t threshold_ms) {
  Tally tally(threshold_ms);
  for (const size_t session : which) {
    if (run.sessions[session].counted) tally.Add(run.sessions[session]);
  }
  return tally.Sum();
}

Estimate EstimateOf(const std::vector<double>& values) {
  Estimate estimate;
  if (values.empty()) return estimate;
  const auto count = static_cast<double>(values.size());
  estimate.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2) return estimate;
  double squares = 0;
  for (const double value : values) {
    squares += (value - estimate.mean) * (value - estimate.mean);
  }
  const size_t freedom = values.size() - 1;
  const double student = freedom <= std::size(kStudent) ? kStudent[freedom - 1] : kNormal;
  estimate.half_width = student * std::sqrt(squares / (count - 1) / count);
  return estimate;
}

}  // namespace kefu::gateway::routing::simulation
