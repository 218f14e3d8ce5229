#include "gateway/routing/simulation/random.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

// A century; longer ones leave the range in which scores are exact.
constexpr double kLongestS = 3.2e9;

uint64_t SplitMix(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t RotateLeft(uint64_t value, int by) { return (value << by) | (value >> (64 - by)); }

absl::StatusOr<double> Positive(std::string_view field, std::string_view text) {
  double value = 0;
  if (!absl::SimpleAtod(ToAbsl(text), &value) || !(value > 0) || value > kLongestS) {
    return InvalidField(field, "\"" + std::string(text) + "\" is not a number above 0.");
  }
  return value;
}

}  // namespace

Random::Random(uint64_t seed, std::string_view name) {
  // FNV-1a of the name, then mixed with the seed.
  uint64_t mixed = 0xcbf29ce484222325u;
  for (const char c : name) mixed = (mixed ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  mixed ^= SplitMix(seed);
  for (uint64_t& word : state_) word = SplitMix(mixed);
}

uint64_t Random::Next() {
  auto& s = state_;
  const uint64_t result = RotateLeft(s[0] + s[3], 23) + s[0];
  const uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = RotateLeft(s[3], 45);
  return result;
}

double Random::Uniform() { return (static_cast<double>(Next() >> 11) + 0.5) * 0x1.0p-53; }

double Random::Exponential() { return -std::log(Uniform()); }

double Random::Normal() {
  const double radius = std::sqrt(-2 * std::log(Uniform()));
  return radius * std::cos(2 * std::numbers::pi * Uniform());
}

absl::StatusOr<Distribution> Distribution::Parse(std::string_view field, std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(ToAbsl(text), ':');
  const std::string& name = parts[0];
  Distribution parsed;
  if (name == "never" && parts.size() == 1) return parsed;
  if (name == "constant" && parts.size() == 2) {
    parsed.kind = Kind::kConstant;
  } else if (name == "exponential" && parts.size() == 2) {
    parsed.kind = Kind::kExponential;
  } else if (name == "lognormal" && parts.size() == 3) {
    parsed.kind = Kind::kLognormal;
    KEFU_ASSIGN_OR_RETURN(parsed.variation, Positive(field, parts[2]));
  } else {
    return InvalidField(field, "\"" + std::string(text) +
                                   "\" is none of constant:SECONDS, exponential:MEAN, "
                                   "lognormal:MEAN:VARIATION, never.");
  }
  KEFU_ASSIGN_OR_RETURN(parsed.mean_s, Positive(field, parts[1]));
  return parsed;
}

int64_t Distribution::SampleMs(Random& random) const {
  double seconds = mean_s;
  if (kind == Kind::kExponential) seconds = mean_s * random.Exponential();
  if (kind == Kind::kLognormal) {
    const double variance = std::log1p(variation * variation);
    seconds = mean_s * std::exp(std::sqrt(variance) * random.Normal() - variance / 2);
  }
  return std::llround(std::fmin(seconds, kLongestS) * 1000);
}

}  // namespace kefu::gateway::routing::simulation
