#include "gateway/routing/simulation/command.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <utility>

#include "gateway/routing/simulation/comparison.h"
#include "gateway/routing/simulation/input.h"
#include "gateway/routing/simulation/policy.h"
#include "gateway/routing/simulation/report.h"
#include "services/common/base/async.h"
#include "services/common/base/clock.h"

namespace kefu::gateway::routing::simulation {
namespace {

// Stops the simulation at the first signal, so that its server and folder go.
class StopBySignal {
 public:
  explicit StopBySignal(Executor executor) : signals_(executor, SIGINT, SIGTERM) {
    signals_.async_wait([this](boost::system::error_code error, int) {
      if (!error) stop_ = true;
    });
  }
  ~StopBySignal() { signals_.cancel(); }
  const std::atomic<bool>* flag() const { return &stop_; }

 private:
  boost::asio::basic_signal_set<Executor> signals_;
  std::atomic<bool> stop_{false};
};

// Errors of the fields of a file, under the file's name.
template <class T>
absl::StatusOr<T> InFile(const std::string& path, absl::StatusOr<T> parsed) {
  if (parsed.ok()) return parsed;
  std::vector<FieldViolation> violations = FieldViolationsOf(parsed.status());
  if (violations.empty()) return parsed;
  for (FieldViolation& violation : violations) violation.field = path + ": " + violation.field;
  return InvalidFields(violations);
}

absl::StatusOr<ArrivalSource> ArrivalsOf(const Arguments& arguments) {
  ArrivalSource source;
  source.speed = arguments.speed;
  KEFU_ASSIGN_OR_RETURN(source.service, Distribution::Parse("service", arguments.service));
  KEFU_ASSIGN_OR_RETURN(source.patience, Distribution::Parse("patience", arguments.patience));
  if (!arguments.poisson.empty()) {
    KEFU_ASSIGN_OR_RETURN(source.poisson, PoissonArrivals::Parse(arguments.poisson));
    KEFU_ASSIGN_OR_RETURN(source.poisson->start_ms, ParseTimeMs("start", arguments.start));
    return source;
  }
  const bool chats = !arguments.chats.empty();
  const std::string& path = chats ? arguments.chats : arguments.arrivals;
  KEFU_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  KEFU_ASSIGN_OR_RETURN(source.recorded,
                        InFile(path, chats ? ParseChats(text) : ParseArrivals(text)));
  if (!arguments.from.empty()) {
    KEFU_ASSIGN_OR_RETURN(const int64_t from_ms, ParseTimeMs("from", arguments.from));
    std::erase_if(source.recorded, [=](const auto& each) { return each.at_ms < from_ms; });
  }
  if (!arguments.to.empty()) {
    KEFU_ASSIGN_OR_RETURN(const int64_t to_ms, ParseTimeMs("to", arguments.to));
    std::erase_if(source.recorded, [=](const auto& each) { return each.at_ms >= to_ms; });
  }
  return source;
}

absl::StatusOr<std::vector<SimulatedAgent>> AgentsOf(const Arguments& arguments) {
  if (arguments.agents.empty()) {
    return EqualAgents(arguments.staff, arguments.capacity);
  }
  KEFU_ASSIGN_OR_RETURN(const std::string text, ReadText(arguments.agents));
  return InFile(arguments.agents, ParseAgents(text));
}

absl::StatusOr<Policy> PolicyNamed(const std::string& name) {
  if (name == "fifo") return FifoPolicy();
  KEFU_ASSIGN_OR_RETURN(const std::string text, ReadText(name));
  return InFile(name, ParsePolicy(name, text));
}

absl::StatusOr<Experiment> ExperimentOf(const Arguments& arguments) {
  Experiment experiment;
  for (const std::string& name : arguments.policies) {
    KEFU_ASSIGN_OR_RETURN(Policy policy, PolicyNamed(name));
    experiment.policies.push_back(std::move(policy));
  }
  KEFU_ASSIGN_OR_RETURN(experiment.arrivals, ArrivalsOf(arguments));
  KEFU_ASSIGN_OR_RETURN(experiment.agents, AgentsOf(arguments));
  experiment.seed = arguments.seed;
  experiment.repetitions = arguments.repetitions;
  experiment.threshold_ms = static_cast<int64_t>(arguments.threshold_s * 1000);
  experiment.run.warm_up_ms = static_cast<int64_t>(arguments.warm_up_s * 1000);
  experiment.run.slowdown = arguments.slowdown;
  return experiment;
}

}  // namespace

Task<absl::Status> RunCommand(Arguments arguments) {
  KEFU_CO_ASSIGN_OR_RETURN(Experiment experiment, ExperimentOf(arguments));
  StopBySignal stop(co_await boost::asio::this_coro::executor);
  experiment.run.stop = stop.flag();
  KEFU_CO_ASSIGN_OR_RETURN(const std::unique_ptr<PrivateRedis> redis,
                           co_await PrivateRedis::Start(arguments.redis_server));
  const int64_t begun_ms = MonotonicMs();
  KEFU_CO_ASSIGN_OR_RETURN(const Comparison comparison,
                           co_await Compare(*redis, std::move(experiment)));
  const double seconds = static_cast<double>(MonotonicMs() - begun_ms + 1) / 1000;
  fmt::print("{}\n", arguments.json ? ReportJson(comparison) : ReportText(comparison));
  fmt::print(stderr, "simulated {} sessions in {:.2f} s, {:.0f} a second\n",
             comparison.simulated_sessions, seconds,
             static_cast<double>(comparison.simulated_sessions) / seconds);
  co_return absl::OkStatus();
}

}  // namespace kefu::gateway::routing::simulation
