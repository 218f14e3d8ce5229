// Integrals of two smooth functions at once, adaptively: Gauss–Kronrod (7, 15), halving an interval
// until its two estimates agree. Pure.
#pragma once

#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace kefu::staffing {

struct Pair {
  double first = 0;
  double second = 0;

  Pair& operator+=(const Pair& other) {
    first += other.first;
    second += other.second;
    return *this;
  }
};

namespace internal {

// QUADPACK's qk15: the nodes of one half and the middle, their weights, and Gauss's weights of
// every second one.
inline constexpr std::array<double, 8> kNodes = {
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
    0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
    0.586087235467691130294144691693029, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245, 0.0};
inline constexpr std::array<double, 8> kWeights = {
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
    0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
    0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714};
inline constexpr std::array<double, 4> kGaussWeights = {
    0.129484966168869693270611432679082, 0.279705391489276667901467771423780,
    0.381830050505118944950369775488975, 0.417959183673469387755102040816327};

struct Estimate {
  Pair value;
  Pair error;
};

template <class Function>
Estimate EstimateOf(const Function& function, double from, double to) {
  const double middle = (from + to) / 2, half = (to - from) / 2;
  Pair fine, coarse;
  for (size_t i = 0; i < kNodes.size(); ++i) {
    Pair sum = function(middle - half * kNodes[i]);
    if (i + 1 < kNodes.size()) sum += function(middle + half * kNodes[i]);
    fine += {kWeights[i] * sum.first, kWeights[i] * sum.second};
    if (i % 2 == 0) continue;
    coarse += {kGaussWeights[i / 2] * sum.first, kGaussWeights[i / 2] * sum.second};
  }
  return {
      {fine.first * half, fine.second * half},
      {std::abs(fine.first - coarse.first) * half, std::abs(fine.second - coarse.second) * half}};
}

}  // namespace internal

// ∫ function over [from, to], from ≤ to; `function(x)` is a Pair and not negative.
template <class Function>
Pair Integrate(const Function& function, double from, double to) {
  // The error that is told is that of the coarse estimate; the fine one is far better.
  constexpr double kTolerance = 1e-9;
  constexpr int kMostHalvings = 60;
  struct Part {
    double from, to;
    int halvings;
  };
  Pair total;
  if (!(from < to)) return total;
  std::vector<Part> parts = {{from, to, 0}};
  while (!parts.empty()) {
    const Part part = parts.back();
    parts.pop_back();
    const internal::Estimate found = internal::EstimateOf(function, part.from, part.to);
    const auto good = [](double error, double value, double so_far) {
      return error <= kTolerance * (value + so_far);
    };
    if (part.halvings == kMostHalvings ||
        (good(found.error.first, found.value.first, total.first) &&
         good(found.error.second, found.value.second, total.second))) {
      total += found.value;
      continue;
    }
    const double middle = (part.from + part.to) / 2;
    parts.push_back({middle, part.to, part.halvings + 1});
    parts.push_back({part.from, middle, part.halvings + 1});
  }
  return total;
}

}  // namespace kefu::staffing
