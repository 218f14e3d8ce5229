#include "gateway/routing/simulation/background.h"

#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

constexpr int kNice = 19;

Task<absl::StatusOr<Comparison>> RunIn(std::string redis_server, Experiment experiment) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::unique_ptr<PrivateRedis> redis,
                           co_await PrivateRedis::Start(std::move(redis_server)));
  co_return co_await Compare(*redis, std::move(experiment));
}

void RunOnThisThread(std::string redis_server, Experiment experiment,
                     const std::shared_ptr<BackgroundComparison>& running) {
  // Of this thread only, as Linux has it, and of the server that it starts. It never fails: anybody
  // may give way.
  setpriority(PRIO_PROCESS, 0, kNice);
  absl::StatusOr<Comparison> result = absl::InternalError("it has not run");
  {
    boost::asio::io_context io(1);
    boost::asio::co_spawn(io.get_executor(), RunIn(std::move(redis_server), std::move(experiment)),
                          [&result](std::exception_ptr error, absl::StatusOr<Comparison> value) {
                            if (error) std::rethrow_exception(error);
                            result = std::move(value);
                          });
    io.run();
  }
  running->Finish(std::move(result));
}

}  // namespace

std::optional<absl::StatusOr<Comparison>> BackgroundComparison::result() const {
  absl::MutexLock lock(&mutex_);
  return result_;
}

void BackgroundComparison::Finish(absl::StatusOr<Comparison> result) {
  absl::MutexLock lock(&mutex_);
  result_ = std::move(result);
}

BackgroundComparisons::~BackgroundComparisons() {
  absl::MutexLock lock(&mutex_);
  if (running_) running_->stop = true;
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<std::shared_ptr<BackgroundComparison>> BackgroundComparisons::Start(
    Experiment experiment) {
  absl::MutexLock lock(&mutex_);
  if (running_ && !running_->result()) {
    return Error(absl::StatusCode::kResourceExhausted, "SIMULATION_RUNNING",
                 "Another comparison is running; wait until it has ended.");
  }
  if (thread_.joinable()) thread_.join();
  running_ = std::make_shared<BackgroundComparison>();
  experiment.run.stop = &running_->stop;
  experiment.run.arrived = &running_->arrived;
  thread_ =
      std::thread([redis_server = redis_server_, experiment = std::move(experiment),
                   running = running_] { RunOnThisThread(redis_server, experiment, running); });
  return running_;
}

}  // namespace kefu::gateway::routing::simulation
