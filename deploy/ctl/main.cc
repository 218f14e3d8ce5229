#include <sodium.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <utility>
#include <vector>

#include "deploy/ctl/commands/cli.h"
#include "services/common/base/async.h"
#include "services/common/logging/log.h"

namespace {

using kefu::Task;
using kefu::ctl::Context;
using kefu::ctl::ExitCode;
using kefu::ctl::Invocation;

constexpr int kFailed = 2;

Task<> RunCommand(const Invocation* invocation, Context* context, int* exit_code) {
  const ExitCode result = co_await invocation->command(*context);
  if (result.ok()) {
    *exit_code = *result;
    co_return;
  }
  *exit_code = kFailed;
  std::fprintf(stderr, "kefuctl: %s\n", kefu::ctl::StatusText(result.status()).c_str());
  // The message names the first.
  const std::vector<kefu::FieldViolation> violations = kefu::FieldViolationsOf(result.status());
  for (size_t i = 1; i < violations.size(); ++i) {
    std::fprintf(stderr, "%s: %s\n", violations[i].field.c_str(),
                 violations[i].description.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Invocation invocation = kefu::ctl::ParseCommandLine(argc, argv);
  if (!invocation.command) return invocation.exit_code;
  if (sodium_init() < 0) return kFailed;
  // A reader of our output who goes away ends us at the next line, not before.
  std::signal(SIGPIPE, SIG_IGN);
  kefu::log::Init("kefuctl", "warn");
  int exit_code = kFailed;
  boost::asio::io_context io(1);
  Context context(io.get_executor(), invocation.globals);
  kefu::Spawn(io.get_executor(), RunCommand(&invocation, &context, &exit_code));
  io.run();
  return exit_code;
}
