#include "gateway/sessions/wait_range.h"

#include <algorithm>
#include <cmath>

#include "services/common/staffing/expected_wait.h"

namespace kefu::gateway::sessions {
namespace {

// An older wait says nothing of now.
constexpr int64_t kLastWaitCountsMs = 15 * 60'000;
constexpr double kLongestS = 24 * 3600;

double StepFor(double seconds) {
  if (seconds < 120) return 10;
  return seconds < 1800 ? 60 : 300;
}

}  // namespace

std::map<std::string, ServiceTimes> ServiceTimesOf(const std::vector<routing::Event>& events) {
  std::map<std::string, ServiceTimes> times;
  for (const routing::Event& event : events) {
    const routing::SessionChange& change = event.change;
    ServiceTimes& group = times[change.group];
    const int64_t assigned_ms = change.session.assign_time().seconds() * 1000 +
                                change.session.assign_time().nanos() / 1'000'000;
    const bool was_served = change.cause == "closed" && assigned_ms > 0 &&
                            (!change.previous_agent.empty() || !change.session.agent().empty());
    if (was_served) {
      ++group.closed;
      group.served_ms += std::max<int64_t>(0, event.time.ms - assigned_ms);
    }
    if (!change.assignment.how.empty() && change.cause != "closed") {
      group.last_wait_ms = change.assignment.waited_ms;
      group.last_assigned = event.time;
    }
  }
  return times;
}

std::optional<WaitRange> PredictRange(const routing::GroupFigures& figures,
                                      const ServiceTimes& times, uint32_t ahead, TimePoint now) {
  if (figures.online == 0 || times.closed == 0) return std::nullopt;
  staffing::Counter counter;
  const uint32_t at_a_time = figures.active + figures.offered;
  counter.servers = at_a_time > 0 ? at_a_time : figures.online;
  counter.aht_s = std::max(1.0, static_cast<double>(times.served_ms) / 1000.0 / times.closed);
  std::optional<double> last_s;
  if (times.last_wait_ms && now - times.last_assigned <= kLastWaitCountsMs)
    last_s = static_cast<double>(*times.last_wait_ms) / 1000.0;
  const staffing::WaitRange range = staffing::PredictWait(counter, ahead, last_s);
  const double low = std::clamp(range.low_s, 0.0, kLongestS);
  const double high = std::clamp(range.high_s, 0.0, kLongestS);
  const double low_step = StepFor(low);
  const double high_step = StepFor(high);
  const double rounded_high = std::max(high_step, std::ceil(high / high_step) * high_step);
  return WaitRange{static_cast<int64_t>(std::floor(low / low_step) * low_step),
                   static_cast<int64_t>(rounded_high)};
}

}  // namespace kefu::gateway::sessions
