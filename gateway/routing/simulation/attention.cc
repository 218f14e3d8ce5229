#include "gateway/routing/simulation/attention.h"

#include <algorithm>
#include <cmath>

namespace kefu::gateway::routing::simulation {
namespace {

// What is left of a session that should be done is the error of adding up speeds.
constexpr double kRoundingMs = 1e-6;

}  // namespace

double Attention::Speed() const {
  if (slowdown_ == 0 || active_.size() < 2) return 1;
  return std::pow(static_cast<double>(active_.size()), -slowdown_);
}

void Attention::GoOn(int64_t now_ms) {
  const double done_ms = static_cast<double>(now_ms - at_ms_) * Speed();
  for (Active& each : active_) each.left_ms = std::max(0.0, each.left_ms - done_ms);
  at_ms_ = now_ms;
}

void Attention::Begin(int64_t now_ms, size_t session, double work_ms) {
  GoOn(now_ms);
  active_.push_back({session, work_ms});
}

double Attention::End(int64_t now_ms, size_t session) {
  GoOn(now_ms);
  const auto found = std::find_if(active_.begin(), active_.end(), [session](const Active& each) {
    return each.session == session;
  });
  if (found == active_.end()) return 0;
  const double left_ms = found->left_ms;
  active_.erase(found);
  return left_ms;
}

std::optional<Attention::Finish> Attention::Next() const {
  if (active_.empty()) return std::nullopt;
  const auto first =
      std::min_element(active_.begin(), active_.end(),
                       [](const Active& a, const Active& b) { return a.left_ms < b.left_ms; });
  const double wait_ms = std::max(0.0, first->left_ms / Speed() - kRoundingMs);
  return Finish{at_ms_ + static_cast<int64_t>(std::ceil(wait_ms)), first->session};
}

}  // namespace kefu::gateway::routing::simulation
