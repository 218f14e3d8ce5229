// Numbers that look random and are the same for the same seed, on every machine: the generator and
// all that is drawn from it are written out here, since the standard library's distributions differ
// between implementations.
//
//   Random random(seed, "patience");
//   int64_t ms = distribution.SampleMs(random);
//
// Threads: a Random belongs to one; the rest is pure.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace kefu::gateway::routing::simulation {

// xoshiro256++. What is drawn under one name does not depend on how much is drawn under another, so
// two runs that differ in their patience have the same arrivals.
class Random {
 public:
  Random(uint64_t seed, std::string_view name);

  uint64_t Next();
  // In (0, 1).
  double Uniform();
  // Mean 1.
  double Exponential();
  // Mean 0, variance 1.
  double Normal();

 private:
  std::array<uint64_t, 4> state_;
};

// How long something takes.
struct Distribution {
  enum class Kind { kNever, kConstant, kExponential, kLognormal };
  Kind kind = Kind::kNever;
  double mean_s = 0;
  // Standard deviation by mean; lognormal only.
  double variation = 0;

  // "constant:300", "exponential:300", "lognormal:300:0.8" (mean in seconds, variation), "never".
  // INVALID_FIELD.
  static absl::StatusOr<Distribution> Parse(std::string_view field, std::string_view text);

  bool never() const { return kind == Kind::kNever; }
  bool random() const { return kind == Kind::kExponential || kind == Kind::kLognormal; }
  // Not of kNever. Whole milliseconds, at least 0.
  int64_t SampleMs(Random& random) const;
};

}  // namespace kefu::gateway::routing::simulation
