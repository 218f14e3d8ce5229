#include "gateway/rpc/experiment_messages.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;
using namespace routing::simulation;  // NOLINT: all of it is converted here

constexpr uint32_t kRepetitions = 5, kMostRepetitions = 50;
constexpr double kThresholdS = 20, kMostSeconds = 1e9;
constexpr uint32_t kMostCapacity = 1000, kMostLevel = 5, kMostAgents = 5000;
constexpr double kMostSessions = 200'000;
// The year 9999.
constexpr int64_t kLastS = 253'402'300'799;
// 2026-01-05T00:00:00Z
constexpr int64_t kStartMs = 1'767'571'200'000;

std::string At(const std::string& field, int index) {
  return field + "[" + std::to_string(index) + "]";
}

absl::StatusOr<int64_t> Milliseconds(const std::string& field, double seconds) {
  if (seconds >= 0 && seconds <= kMostSeconds) return std::llround(seconds * 1000);
  return InvalidField(field, "It must be 0 to 1,000,000,000 seconds.");
}

absl::StatusOr<int64_t> Moment(const std::string& field, const Timestamp& time) {
  if (time.seconds() >= 0 && time.seconds() <= kLastS)
    return TimeUtil::TimestampToMilliseconds(time);
  return InvalidField(field, "It must be a time after 1970.");
}

absl::StatusOr<Distribution> ToDistribution(const std::string& field, const v1::WhatIfTime& time) {
  Distribution distribution;
  switch (time.shape()) {
    case v1::WhatIfTime::SHAPE_CONSTANT:
      distribution.kind = Distribution::Kind::kConstant;
      break;
    case v1::WhatIfTime::SHAPE_EXPONENTIAL:
      distribution.kind = Distribution::Kind::kExponential;
      break;
    case v1::WhatIfTime::SHAPE_LOGNORMAL:
      distribution.kind = Distribution::Kind::kLognormal;
      break;
    default:
      return InvalidField(field + ".shape", "Choose constant, exponential or lognormal.");
  }
  if (!(time.mean_s() > 0 && time.mean_s() <= kMostSeconds))
    return InvalidField(field + ".mean_s", "It must be above 0 seconds.");
  const bool lognormal = distribution.kind == Distribution::Kind::kLognormal;
  if (lognormal && !(time.variation() > 0 && time.variation() <= 100))
    return InvalidField(field + ".variation", "It must be above 0, at most 100.");
  distribution.mean_s = time.mean_s();
  if (lognormal) distribution.variation = time.variation();
  return distribution;
}

absl::Status CheckTrait(const std::string& field, const std::string& trait,
                        const std::string& value, Traits* traits) {
  if (SetTrait(trait, value, traits)) return absl::OkStatus();
  return InvalidField(field, "There is no such category, language, channel, page or priority.");
}

absl::StatusOr<PoissonArrivals> ToPoisson(const v1::PoissonArrivals& message) {
  PoissonArrivals poisson{.rate_per_s = message.arrivals_per_hour() / 3600,
                          .hours = message.hours(),
                          .start_ms = kStartMs,
                          .shares = {}};
  if (!(poisson.rate_per_s > 0) || !std::isfinite(poisson.rate_per_s))
    return InvalidField("poisson.arrivals_per_hour", "Say how many come in an hour.");
  if (!(poisson.hours > 0) || !std::isfinite(poisson.hours))
    return InvalidField("poisson.hours", "Say for how many hours.");
  if (message.has_start_time()) {
    KEFU_ASSIGN_OR_RETURN(poisson.start_ms, Moment("poisson.start_time", message.start_time()));
  }
  for (int i = 0; i < message.shares_size(); ++i) {
    const v1::PoissonArrivals::Share& share = message.shares(i);
    const std::string field = At("poisson.shares", i);
    Traits checked;
    KEFU_RETURN_IF_ERROR(CheckTrait(field, share.trait(), share.value(), &checked));
    auto& of_trait = poisson.shares[share.trait()];
    of_trait[share.value()] = share.share();
    double sum = 0;
    for (const auto& [value, part] : of_trait) sum += part;
    if (!(share.share() >= 0) || sum > 1 + 1e-9)
      return InvalidField(field + ".share", "The shares of a trait are 0 to 1 together.");
  }
  return poisson;
}

absl::StatusOr<RecordedArrival> ToArrival(const std::string& field,
                                          const v1::RecordedArrivals::Arrival& message) {
  RecordedArrival arrival;
  KEFU_ASSIGN_OR_RETURN(arrival.at_ms, Moment(field + ".time", message.time()));
  for (const auto& [trait, value] : message.traits()) {
    KEFU_RETURN_IF_ERROR(
        CheckTrait(field + ".traits[\"" + trait + "\"]", trait, value, &arrival.traits));
  }
  if (message.has_service_s()) {
    KEFU_ASSIGN_OR_RETURN(arrival.service_ms,
                          Milliseconds(field + ".service_s", message.service_s()));
  }
  if (message.has_patience_s()) {
    KEFU_ASSIGN_OR_RETURN(arrival.patience_ms,
                          Milliseconds(field + ".patience_s", message.patience_s()));
  }
  return arrival;
}

absl::StatusOr<ArrivalSource> ToArrivals(const v1::CompareRequest& request) {
  ArrivalSource source;
  if (request.has_service()) {
    KEFU_ASSIGN_OR_RETURN(source.service, ToDistribution("service", request.service()));
  }
  if (request.has_patience()) {
    KEFU_ASSIGN_OR_RETURN(source.patience, ToDistribution("patience", request.patience()));
  }
  if (request.has_poisson()) {
    KEFU_ASSIGN_OR_RETURN(source.poisson, ToPoisson(request.poisson()));
  }
  for (int i = 0; i < request.recorded().arrivals_size(); ++i) {
    KEFU_ASSIGN_OR_RETURN(RecordedArrival arrival,
                          ToArrival(At("recorded.arrivals", i), request.recorded().arrivals(i)));
    source.recorded.push_back(std::move(arrival));
  }
  KEFU_RETURN_IF_ERROR(source.Check());
  return source;
}

absl::StatusOr<SimulatedAgent> ToAgent(const std::string& field, const v1::WhatIfStaff& staff) {
  SimulatedAgent agent{.name = staff.agent(),
                       .capacity = staff.capacity(),
                       .skills = {staff.skills().begin(), staff.skills().end()},
                       .languages = {staff.languages().begin(), staff.languages().end()},
                       .shifts = {}};
  if (agent.name.empty()) return InvalidField(field + ".agent", "Name the agent.");
  if (agent.capacity < 1 || agent.capacity > kMostCapacity)
    return InvalidField(field + ".capacity", "It must be 1 to 1000.");
  for (const auto& [skill, level] : agent.skills) {
    if (level < 1 || level > kMostLevel)
      return InvalidField(field + ".skills[\"" + skill + "\"]", "A level is 1 to 5.");
  }
  int64_t free_from_ms = 0;
  for (int i = 0; i < staff.shifts_size(); ++i) {
    const std::string of_shift = At(field + ".shifts", i);
    Shift shift;
    KEFU_ASSIGN_OR_RETURN(shift.from_ms,
                          Moment(of_shift + ".from_time", staff.shifts(i).from_time()));
    KEFU_ASSIGN_OR_RETURN(shift.to_ms, Moment(of_shift + ".to_time", staff.shifts(i).to_time()));
    if (shift.from_ms < free_from_ms)
      return InvalidField(of_shift + ".from_time", "Shifts must follow each other.");
    if (shift.to_ms <= shift.from_ms)
      return InvalidField(of_shift + ".to_time", "It must be after from_time.");
    free_from_ms = shift.to_ms;
    agent.shifts.push_back(shift);
  }
  return agent;
}

absl::StatusOr<std::vector<SimulatedAgent>> ToAgents(const v1::CompareRequest& request) {
  std::vector<SimulatedAgent> agents;
  if (request.staff().empty()) return InvalidField("staff", "Say who serves.");
  for (int i = 0; i < request.staff_size(); ++i) {
    const std::string field = At("staff", i);
    KEFU_ASSIGN_OR_RETURN(const SimulatedAgent agent, ToAgent(field, request.staff(i)));
    const uint32_t count = std::max(1U, request.staff(i).count());
    if (count > kMostAgents) return InvalidField(field + ".count", "It must be at most 5000.");
    AddAgents(agent, count, &agents);
  }
  KEFU_RETURN_IF_ERROR(CheckAgents("staff", agents, kMostAgents));
  return agents;
}

absl::StatusOr<Policy> ToPolicy(const std::string& field, const v1::WhatIfPolicy& message) {
  if (message.name().empty() || message.name().size() > 128)
    return InvalidField(field + ".name", "Give it a name, at most 128 bytes long.");
  if (!message.has_config()) {
    Policy fifo = FifoPolicy();
    fifo.name = message.name();
    return fifo;
  }
  absl::StatusOr<Policy> policy = PolicyOf(message.name(), message.config());
  if (policy.ok()) return policy;
  std::vector<FieldViolation> violations = FieldViolationsOf(policy.status());
  for (FieldViolation& violation : violations)
    violation.field = field + ".config." + violation.field;
  return InvalidFields(violations);
}

absl::StatusOr<std::vector<Policy>> ToPolicies(const v1::CompareRequest& request) {
  if (request.policies().empty() || request.policies_size() > 2)
    return InvalidField("policies", "One policy is measured, two are compared.");
  std::vector<Policy> policies;
  for (int i = 0; i < request.policies_size(); ++i) {
    KEFU_ASSIGN_OR_RETURN(Policy policy, ToPolicy(At("policies", i), request.policies(i)));
    policies.push_back(std::move(policy));
  }
  return policies;
}

v1::Comparison::Unit ToUnit(std::string_view figure) {
  for (const FigureInfo& info : AllFigures()) {
    if (info.name != figure) continue;
    switch (info.unit) {
      case Unit::kCount:
        return v1::Comparison::UNIT_COUNT;
      case Unit::kSeconds:
        return v1::Comparison::UNIT_SECONDS;
      case Unit::kShare:
        return v1::Comparison::UNIT_SHARE;
      case Unit::kRatio:
        return v1::Comparison::UNIT_RATIO;
    }
  }
  return v1::Comparison::UNIT_UNSPECIFIED;
}

v1::Comparison::Estimate ToMessage(const Estimate& estimate) {
  v1::Comparison::Estimate message;
  message.set_mean(estimate.mean);
  message.set_half_width(estimate.half_width);
  return message;
}

}  // namespace

absl::StatusOr<Experiment> ToExperiment(const v1::CompareRequest& request) {
  Experiment experiment;
  KEFU_ASSIGN_OR_RETURN(experiment.policies, ToPolicies(request));
  KEFU_ASSIGN_OR_RETURN(experiment.arrivals, ToArrivals(request));
  KEFU_ASSIGN_OR_RETURN(experiment.agents, ToAgents(request));
  if (request.seed() != 0) experiment.seed = request.seed();
  if (request.repetitions() > kMostRepetitions) return InvalidField("repetitions", "At most 50.");
  experiment.repetitions =
      static_cast<int>(request.repetitions() == 0 ? kRepetitions : request.repetitions());
  KEFU_ASSIGN_OR_RETURN(
      experiment.threshold_ms,
      Milliseconds("threshold_s", request.has_threshold_s() ? request.threshold_s() : kThresholdS));
  KEFU_ASSIGN_OR_RETURN(experiment.run.warm_up_ms, Milliseconds("warm_up_s", request.warm_up_s()));
  if (!(request.slowdown() >= 0 && request.slowdown() <= 1))
    return InvalidField("slowdown", "It must be 0 to 1.");
  experiment.run.slowdown = request.slowdown();
  if (static_cast<double>(SessionsOf(experiment)) > kMostSessions) {
    return InvalidField(request.has_poisson() ? "poisson.hours" : "recorded.arrivals",
                        "That would be more than 200,000 sessions in all; take fewer hours or "
                        "repetitions.");
  }
  return experiment;
}

uint64_t SessionsOf(const Experiment& experiment) {
  const ArrivalSource& arrivals = experiment.arrivals;
  const double once = arrivals.poisson
                          ? arrivals.poisson->rate_per_s * 3600 * arrivals.poisson->hours
                          : static_cast<double>(arrivals.recorded.size());
  const int repetitions = arrivals.random() ? experiment.repetitions : 1;
  const double all = once * repetitions * static_cast<double>(experiment.policies.size());
  return static_cast<uint64_t>(std::min(all, 1e15));
}

v1::Comparison ToMessage(const Comparison& comparison) {
  v1::Comparison message;
  for (const std::string& policy : comparison.policies) message.add_policies(policy);
  message.set_repetitions(comparison.repetitions);
  message.set_seed(comparison.seed);
  message.set_threshold_s(static_cast<double>(comparison.threshold_ms) / 1000);
  message.set_simulated_sessions(comparison.simulated_sessions);
  for (const Slice& slice : comparison.slices) {
    v1::Comparison::Slice& of_slice = *message.add_slices();
    of_slice.set_trait(slice.trait);
    of_slice.set_value(slice.value);
    for (const Measured& measured : slice.measured) {
      v1::Comparison::Figure& figure = *of_slice.add_figures();
      figure.set_figure(std::string(measured.figure));
      figure.set_unit(ToUnit(measured.figure));
      for (const Estimate& value : measured.values) *figure.add_values() = ToMessage(value);
      if (measured.values.size() > 1) *figure.mutable_difference() = ToMessage(measured.difference);
    }
  }
  return message;
}

}  // namespace kefu::gateway
