#include "gateway/routing/simulation/workload.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "proto/kefu/common/v1/entry.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

constexpr std::string_view kCategoryPrefix = "CATEGORY_";
constexpr std::string_view kTraits[] = {"category", "language", "channel", "priority"};
constexpr double kMostArrivals = 2e7;

bool SetCategory(std::string_view value, int* category) {
  common::v1::Category parsed;
  const std::string name =
      std::string(kCategoryPrefix).append(absl::AsciiStrToUpper(ToAbsl(value)));
  if (!common::v1::Category_Parse(name, &parsed)) return false;
  *category = parsed;
  return true;
}

bool SetOneOf(std::initializer_list<std::string_view> known, std::string_view value,
              std::string* field) {
  if (std::find(known.begin(), known.end(), value) == known.end()) return false;
  *field = value;
  return true;
}

// The value whose share of (0, 1) holds `at`; empty: none.
std::string_view Pick(const std::map<std::string, double>& shares, double at) {
  for (const auto& [value, share] : shares) {
    if (at < share) return value;
    at -= share;
  }
  return {};
}

std::vector<RecordedArrival> DrawPoisson(const PoissonArrivals& poisson, uint64_t seed) {
  Random gaps(seed, "arrivals");
  Random traits(seed, "traits");
  std::vector<RecordedArrival> arrivals;
  const double end_s = poisson.hours * 3600;
  double at_s = gaps.Exponential() / poisson.rate_per_s;
  for (; at_s < end_s; at_s += gaps.Exponential() / poisson.rate_per_s) {
    RecordedArrival arrival;
    arrival.at_ms = poisson.start_ms + std::llround(at_s * 1000);
    for (const auto& [name, shares] : poisson.shares) {
      const std::string_view value = Pick(shares, traits.Uniform());
      if (!value.empty()) SetTrait(name, value, &arrival.traits);
    }
    arrivals.push_back(std::move(arrival));
  }
  return arrivals;
}

absl::StatusOr<double> PositiveNumber(std::string_view field, std::string_view text) {
  double value = 0;
  if (absl::SimpleAtod(ToAbsl(text), &value) && value > 0 && std::isfinite(value)) return value;
  return InvalidField(field, "\"" + std::string(text) + "\" is not a number above 0.");
}

absl::Status AddShare(std::string_view field, std::string_view name, double share,
                      PoissonArrivals* poisson) {
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) {
    return InvalidField(field, "It is none of rate, hours and TRAIT.VALUE, such as priority.vip.");
  }
  const std::string trait(name.substr(0, dot));
  const std::string value(name.substr(dot + 1));
  Traits checked;
  if (std::find(std::begin(kTraits), std::end(kTraits), trait) == std::end(kTraits) ||
      !SetTrait(trait, value, &checked)) {
    return InvalidField(field, "There is no such category, language, channel or priority.");
  }
  auto& shares = poisson->shares[trait];
  shares[value] = share;
  double sum = 0;
  for (const auto& [known, part] : shares) sum += part;
  if (sum > 1 + 1e-9) return InvalidField(field, "The shares of a trait are more than 1.");
  return absl::OkStatus();
}

}  // namespace

bool SetTrait(std::string_view name, std::string_view value, Traits* traits) {
  if (name == "category") return SetCategory(value, &traits->category);
  if (name == "priority") {
    if (value != "normal") return SetOneOf({"member", "vip", "urgent"}, value, &traits->priority);
    traits->priority.clear();
    return true;
  }
  if (name == "channel") {
    return SetOneOf({"widget", "platform", "email", "call"}, value, &traits->channel);
  }
  if (name == "language") traits->language = value;
  if (name == "page") traits->page = value;
  return name == "language" || name == "page";
}

std::string CategoryName(int category) {
  if (category == 0 || !common::v1::Category_IsValid(category)) return {};
  const std::string& name = common::v1::Category_Name(category);
  return absl::AsciiStrToLower(name.substr(kCategoryPrefix.size()));
}

absl::StatusOr<PoissonArrivals> PoissonArrivals::Parse(std::string_view text) {
  PoissonArrivals poisson;
  const std::vector<std::string> parts = absl::StrSplit(ToAbsl(text), ',', absl::SkipEmpty());
  for (const std::string& part : parts) {
    const size_t equals = part.find('=');
    const std::string name = part.substr(0, equals);
    const std::string field = "poisson." + name;
    const std::string number = equals == std::string::npos ? "" : part.substr(equals + 1);
    KEFU_ASSIGN_OR_RETURN(const double value, PositiveNumber(field, number));
    if (name == "rate") {
      poisson.rate_per_s = value;
    } else if (name == "hours") {
      poisson.hours = value;
    } else {
      KEFU_RETURN_IF_ERROR(AddShare(field, name, value, &poisson));
    }
  }
  if (poisson.rate_per_s <= 0) return InvalidField("poisson.rate", "Say how many come a second.");
  if (poisson.hours <= 0) return InvalidField("poisson.hours", "Say for how many hours.");
  if (poisson.rate_per_s * poisson.hours * 3600 > kMostArrivals) {
    return InvalidField("poisson.hours", "That would be more than 20 million sessions.");
  }
  return poisson;
}

absl::Status ArrivalSource::Check() const {
  if (!(speed > 0)) return InvalidField("speed", "It must be above 0.");
  if (recorded.empty() && !poisson) return InvalidField("arrivals", "Nothing arrives.");
  if (!service.never()) return absl::OkStatus();
  const bool all_say = std::all_of(recorded.begin(), recorded.end(), [](const RecordedArrival& a) {
    return a.service_ms.has_value();
  });
  if (!poisson && all_say) return absl::OkStatus();
  return InvalidField("service", "Say how long serving takes; not all arrivals do.");
}

bool ArrivalSource::random() const {
  if (poisson) return true;
  return std::any_of(recorded.begin(), recorded.end(), [this](const RecordedArrival& a) {
    return (!a.service_ms && service.random()) || (!a.patience_ms && patience.random());
  });
}

std::vector<SimulatedSession> Draw(const ArrivalSource& source, uint64_t seed) {
  std::vector<RecordedArrival> arrivals =
      source.poisson ? DrawPoisson(*source.poisson, seed) : source.recorded;
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
  Random services(seed, "service");
  Random patiences(seed, "patience");
  std::vector<SimulatedSession> sessions;
  sessions.reserve(arrivals.size());
  for (RecordedArrival& arrival : arrivals) {
    const int64_t first_ms = arrivals.front().at_ms;
    SimulatedSession session;
    session.at_ms = first_ms + std::llround((arrival.at_ms - first_ms) / source.speed);
    session.traits = std::move(arrival.traits);
    session.service_ms =
        arrival.service_ms ? *arrival.service_ms : source.service.SampleMs(services);
    session.patience_ms = arrival.patience_ms;
    if (!session.patience_ms && !source.patience.never()) {
      session.patience_ms = source.patience.SampleMs(patiences);
    }
    sessions.push_back(std::move(session));
  }
  return sessions;
}

}  // namespace kefu::gateway::routing::simulation
