#include "services/common/staffing/expected_wait.h"

#include <algorithm>
#include <cmath>

namespace kefu::staffing {
namespace {

constexpr uint64_t kSummed = 64;

// Rates of departure nμ + iθ while i are ahead.
struct Rates {
  double served, given_up;

  explicit Rates(const Counter& counter)
      : served(counter.servers / counter.aht_s), given_up(1 / counter.patience_s) {}
  double operator()(uint64_t ahead) const { return served + static_cast<double>(ahead) * given_up; }
};

}  // namespace

double ExpectedWait(const Counter& counter, uint64_t ahead) {
  const Rates rates(counter);
  if (rates.given_up == 0) return (static_cast<double>(ahead) + 1) / rates.served;
  double sum = 0;
  const uint64_t first = std::min(ahead + 1, kSummed);
  for (uint64_t i = 0; i < first; ++i) sum += 1 / rates(i);
  if (first > ahead) return sum;
  const double a = rates(first), b = rates(ahead), step = rates.given_up;
  // Of f(i) = 1/(nμ+iθ) from `first` to `ahead`: ∫f + (f(first)+f(ahead))/2 + Δf′/12 − Δf‴/720.
  const double many = static_cast<double>(ahead - first);
  sum += std::log1p(step * many / a) / step + (1 / a + 1 / b) / 2;
  sum += step * (1 / (a * a) - 1 / (b * b)) / 12;
  return sum - std::pow(step, 3) * (std::pow(a, -4) - std::pow(b, -4)) / 120;
}

double ExpectedWaitDeviation(const Counter& counter, uint64_t ahead) {
  const Rates rates(counter);
  if (rates.given_up == 0) return std::sqrt(static_cast<double>(ahead) + 1) / rates.served;
  double sum = 0;
  const uint64_t first = std::min(ahead + 1, kSummed);
  for (uint64_t i = 0; i < first; ++i) sum += 1 / (rates(i) * rates(i));
  if (first > ahead) return std::sqrt(sum);
  const double a = rates(first), b = rates(ahead), step = rates.given_up;
  const double many = static_cast<double>(ahead - first);
  sum += many / (a * b) + (1 / (a * a) + 1 / (b * b)) / 2;
  sum += step * (std::pow(a, -3) - std::pow(b, -3)) / 6;
  return std::sqrt(sum - std::pow(step, 3) * (std::pow(a, -5) - std::pow(b, -5)) / 30);
}

WaitRange PredictWait(const Counter& counter, uint64_t ahead, std::optional<double> last_wait_s) {
  const double expected = ExpectedWait(counter, ahead);
  const double deviation = ExpectedWaitDeviation(counter, ahead);
  const double last = last_wait_s.value_or(expected);
  return {std::max(0.0, std::min(expected, last) - deviation),
          std::max(expected, last) + deviation};
}

}  // namespace kefu::staffing
