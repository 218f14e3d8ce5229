#include "gateway/routing/simulation/comparison.h"

#include <algorithm>
#include <map>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/base/when_all.h"

namespace kefu::gateway::routing::simulation {
namespace {

constexpr int kMostRepetitions = 1000;
constexpr int kTogether = 8;

// Trait and value → places of the sessions. All sessions: two empty strings.
using SliceKey = std::pair<std::string, std::string>;
using Slices = std::map<SliceKey, std::vector<size_t>>;

Slices SlicesOf(const std::vector<SimulatedSession>& sessions) {
  Slices slices;
  for (size_t i = 0; i < sessions.size(); ++i) {
    const Traits& traits = sessions[i].traits;
    const std::string& priority = traits.priority;
    const std::string category = CategoryName(traits.category);
    slices[{"category", category.empty() ? "unspecified" : category}].push_back(i);
    slices[{"channel", traits.channel}].push_back(i);
    slices[{"language", traits.language.empty() ? "unspecified" : traits.language}].push_back(i);
    slices[{"priority", priority.empty() ? "normal" : priority}].push_back(i);
  }
  // A trait with one value says what all say.
  std::erase_if(slices,
                [&sessions](const auto& slice) { return slice.second.size() == sessions.size(); });
  return slices;
}

// Figures of every repetition: slice → policy → repetition.
using Series = std::map<SliceKey, std::vector<std::vector<Figures>>>;

void Collect(const Slices& slices, const RunResult& run, size_t policy,
             const Experiment& experiment, Series* series) {
  const auto add = [&](const SliceKey& key, const Figures& figures) {
    auto& of_policies = (*series)[key];
    of_policies.resize(experiment.policies.size());
    of_policies[policy].push_back(figures);
  };
  add({}, Measure(run, experiment.threshold_ms));
  for (const auto& [key, which] : slices) {
    add(key, MeasureSessions(run, which, experiment.threshold_ms));
  }
}

Measured MeasureFigure(const FigureInfo& info,
                       const std::vector<std::vector<Figures>>& of_policies) {
  Measured measured{.figure = info.name};
  std::vector<std::vector<double>> values;
  for (const std::vector<Figures>& repetitions : of_policies) {
    std::vector<double>& of_policy = values.emplace_back();
    for (const Figures& figures : repetitions) of_policy.push_back(figures.*info.value);
    measured.values.push_back(EstimateOf(of_policy));
  }
  if (values.size() < 2) return measured;
  std::vector<double> differences;
  for (size_t i = 0; i < values[0].size(); ++i) differences.push_back(values[1][i] - values[0][i]);
  measured.difference = EstimateOf(differences);
  return measured;
}

Comparison Summarise(const Experiment& experiment, int repetitions, uint64_t sessions,
                     const Series& series) {
  Comparison comparison;
  for (const Policy& policy : experiment.policies) comparison.policies.push_back(policy.name);
  comparison.repetitions = repetitions;
  comparison.seed = experiment.seed;
  comparison.threshold_ms = experiment.threshold_ms;
  comparison.slowdown = experiment.run.slowdown;
  comparison.simulated_sessions = sessions;
  for (const auto& [key, of_policies] : series) {
    Slice slice{.trait = key.first, .value = key.second};
    for (const FigureInfo& info : AllFigures()) {
      slice.measured.push_back(MeasureFigure(info, of_policies));
    }
    comparison.slices.push_back(std::move(slice));
  }
  return comparison;
}

absl::Status Check(const Experiment& experiment) {
  KEFU_RETURN_IF_ERROR(experiment.arrivals.Check());
  if (experiment.policies.empty() || experiment.policies.size() > 2) {
    return InvalidField("policy", "One policy is measured, two are compared.");
  }
  if (experiment.agents.empty()) return InvalidField("agents", "There is nobody who serves.");
  if (!(experiment.run.slowdown >= 0 && experiment.run.slowdown <= 1)) {
    return InvalidField("slowdown", "It must be 0 to 1.");
  }
  if (experiment.repetitions < 1 || experiment.repetitions > kMostRepetitions) {
    return InvalidField("repetitions", "They must be 1 to 1000.");
  }
  return absl::OkStatus();
}

Task<> RunOne(PrivateRedis& redis, const Experiment& experiment, size_t policy,
              const std::vector<SimulatedSession>& sessions, absl::StatusOr<RunResult>* result) {
  const std::string shop = redis.NewShop();
  *result = co_await Simulate(redis.shards(), shop, experiment.policies[policy], sessions,
                              experiment.agents, experiment.run);
}

// One repetition under every policy.
struct Repetition {
  std::vector<SimulatedSession> sessions;
  std::vector<absl::StatusOr<RunResult>> results;
};

// Repetitions beside each other: the calls of one go to Redis while the others think.
Task<> RunTogether(PrivateRedis& redis, const Experiment& experiment, uint64_t first_seed,
                   std::vector<Repetition>& repetitions) {
  std::vector<Task<>> runs;
  for (size_t i = 0; i < repetitions.size(); ++i) {
    Repetition& repetition = repetitions[i];
    repetition.sessions = Draw(experiment.arrivals, first_seed + i);
    repetition.results.resize(experiment.policies.size());
    for (size_t policy = 0; policy < repetition.results.size(); ++policy) {
      runs.push_back(
          RunOne(redis, experiment, policy, repetition.sessions, &repetition.results[policy]));
    }
  }
  co_await WhenAll(std::move(runs));
}

}  // namespace

Task<absl::StatusOr<Comparison>> Compare(PrivateRedis& redis, Experiment experiment) {
  KEFU_CO_RETURN_IF_ERROR(Check(experiment));
  const int repetitions = experiment.arrivals.random() ? experiment.repetitions : 1;
  Series series;
  uint64_t simulated = 0;
  for (int done = 0; done < repetitions; done += kTogether) {
    std::vector<Repetition> batch(std::min(kTogether, repetitions - done));
    const uint64_t first_seed = experiment.seed + static_cast<uint64_t>(done);
    co_await RunTogether(redis, experiment, first_seed, batch);
    KEFU_CO_RETURN_IF_ERROR(co_await redis.Clear());
    for (const Repetition& repetition : batch) {
      const Slices slices = SlicesOf(repetition.sessions);
      for (size_t policy = 0; policy < repetition.results.size(); ++policy) {
        if (!repetition.results[policy].ok()) co_return repetition.results[policy].status();
        Collect(slices, *repetition.results[policy], policy, experiment, &series);
        simulated += repetition.sessions.size();
      }
    }
  }
  co_return Summarise(experiment, repetitions, simulated, series);
}

}  // namespace kefu::gateway::routing::simulation
