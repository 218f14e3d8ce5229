// kefu-simulate: what if. `kefuctl simulate` starts it.
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "gateway/routing/simulation/command.h"
#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace {

using kefu::gateway::routing::simulation::Arguments;

constexpr int kFailed = 2;

void AddArrivals(CLI::App* simulate, Arguments* arguments) {
  CLI::Option_group* from = simulate->add_option_group("arrivals", "Who comes");
  from->add_option(
          "--arrivals", arguments->arrivals,
          "JSON lines: time, category, language, channel, page, priority, service, patience")
      ->check(CLI::ExistingFile);
  from->add_option("--chats", arguments->chats,
                   "Recorded chats, JSON lines with start and duration")
      ->check(CLI::ExistingFile);
  from->add_option("--poisson", arguments->poisson,
                   "rate=PER_SECOND,hours=H, and shares such as priority.vip=0.1");
  from->require_option(1);
  simulate->add_option("--service", arguments->service,
                       "Of arrivals that do not say so: constant:S, exponential:MEAN or "
                       "lognormal:MEAN:VARIATION, in seconds");
  simulate->add_option("--patience", arguments->patience, "The same; never: buyers never give up");
  simulate->add_option("--from", arguments->from, "Recorded arrivals from then on");
  simulate->add_option("--to", arguments->to, "Recorded arrivals before then");
  simulate->add_option("--start", arguments->start, "When Poisson arrivals begin")
      ->capture_default_str();
  simulate->add_option("--speed", arguments->speed, "So many times faster than recorded")
      ->check(CLI::PositiveNumber);
}

void AddStaff(CLI::App* simulate, Arguments* arguments) {
  CLI::Option_group* of = simulate->add_option_group("staff", "Who serves");
  of->add_option("--agents", arguments->agents,
                 "JSON: [{agent, count, capacity, skills, languages, shifts}]")
      ->check(CLI::ExistingFile);
  of->add_option("--staff", arguments->staff, "So many equal agents, always there")
      ->check(CLI::Range(1, 20'000));
  of->require_option(1);
  simulate->add_option("--capacity", arguments->capacity, "Of equal agents; a chat weighs 20")
      ->check(CLI::Range(1, 1000));
  simulate
      ->add_option("--slowdown", arguments->slowdown,
                   "0: chats at the same time take no longer; 1: an agent divides itself")
      ->check(CLI::Range(0.0, 1.0));
}

void AddMeasure(CLI::App* simulate, Arguments* arguments) {
  simulate
      ->add_option("--threshold", arguments->threshold_s,
                   "Seconds within which a session should be served")
      ->check(CLI::NonNegativeNumber);
  simulate
      ->add_option("--warm-up", arguments->warm_up_s,
                   "Seconds at the beginning that are not counted")
      ->check(CLI::NonNegativeNumber);
  simulate->add_option("--seed", arguments->seed);
  simulate->add_option("--repetitions", arguments->repetitions, "Of random arrivals")
      ->check(CLI::Range(1, 1000));
  simulate->add_option("--redis-server", arguments->redis_server, "The program");
  simulate->add_flag("--json", arguments->json, "Print a line of JSON");
}

void PrintError(const absl::Status& status) {
  const std::vector<kefu::FieldViolation> violations = kefu::FieldViolationsOf(status);
  if (violations.empty()) {
    std::fprintf(stderr, "kefu-simulate: %s\n", std::string(status.message()).c_str());
  }
  for (const kefu::FieldViolation& violation : violations) {
    std::fprintf(stderr, "kefu-simulate: %s: %s\n", violation.field.c_str(),
                 violation.description.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"What if: arrivals through one or two routing configurations, without a gateway",
               "kefuctl simulate"};
  app.add_option("policy", arguments.policies,
                 "Routing configurations (JSON), or fifo; two are compared")
      ->required()
      ->expected(1, 2);
  AddArrivals(&app, &arguments);
  AddStaff(&app, &arguments);
  AddMeasure(&app, &arguments);
  CLI11_PARSE(app, argc, argv);
  // A reader of our output who goes away ends us at the next line, not before.
  std::signal(SIGPIPE, SIG_IGN);
  kefu::log::Init("kefu-simulate", "warn");
  boost::asio::io_context io(1);
  absl::Status status;
  boost::asio::co_spawn(io.get_executor(),
                        kefu::gateway::routing::simulation::RunCommand(std::move(arguments)),
                        [&status](std::exception_ptr error, absl::Status result) {
                          if (error) std::rethrow_exception(error);
                          status = std::move(result);
                        });
  io.run();
  if (status.ok()) return 0;
  PrintError(status);
  return kFailed;
}
