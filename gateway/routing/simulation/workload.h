// What comes to the shop in one run: sessions with their traits, how long serving each takes and
// how long its buyer waits; recorded or made up.
// Pure and deterministic: the same source and seed give the same workload, whatever the policy.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/routing/simulation/random.h"

namespace kefu::gateway::routing::simulation {

// What routing knows of a session when it comes.
struct Traits {
  int category = 0;  // kefu.common.v1.Category
  std::string language;
  std::string channel = "widget";  // "platform", "email", "call"
  std::string page;
  std::string priority;  // "" (normal), "member", "vip", "urgent"
  bool operator==(const Traits&) const = default;
};

// Sets one by its name, as files and --poisson have it; false: there is no such name or value.
bool SetTrait(std::string_view name, std::string_view value, Traits* traits);
// "order"; empty: unspecified.
std::string CategoryName(int category);

struct SimulatedSession {
  int64_t at_ms = 0;
  Traits traits;
  // The work of an agent who does nothing else (SimulationOptions::slowdown).
  int64_t service_ms = 0;
  // Absent: the buyer waits however long it takes.
  std::optional<int64_t> patience_ms;
};

// An arrival of a file, which may leave open how long things take.
struct RecordedArrival {
  int64_t at_ms = 0;
  Traits traits;
  std::optional<int64_t> service_ms;
  std::optional<int64_t> patience_ms;
};

// Arrivals that do not know of each other, at a constant rate.
struct PoissonArrivals {
  double rate_per_s = 0;
  double hours = 0;
  int64_t start_ms = 0;
  // Trait → value → share of the arrivals; the rest has none.
  std::map<std::string, std::map<std::string, double>> shares;

  // "rate=0.8,hours=8,priority.vip=0.1,language.en=0.3". INVALID_FIELD poisson.<name>.
  static absl::StatusOr<PoissonArrivals> Parse(std::string_view text);
};

// Either recorded or Poisson.
struct ArrivalSource {
  std::vector<RecordedArrival> recorded;
  std::optional<PoissonArrivals> poisson;
  // For arrivals that do not say so themselves.
  Distribution service;
  Distribution patience;
  // So many times faster than recorded.
  double speed = 1;

  // INVALID_FIELD: nothing arrives, or a session has no service time.
  absl::Status Check() const;
  // Another seed gives another workload.
  bool random() const;
};

// In the order of arrival. `source` passed its check.
std::vector<SimulatedSession> Draw(const ArrivalSource& source, uint64_t seed);

}  // namespace kefu::gateway::routing::simulation
