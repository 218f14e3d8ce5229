// The command line of kefuctl. With cli_nouns.h the only place that knows
// CLI11.
#pragma once

#include <functional>

#include "deploy/ctl/commands/admin.h"

namespace kefu::ctl {

struct Invocation {
  Globals globals;
  // Runs the chosen command.
  std::function<Task<ExitCode>(Context&)> command;
  // Without a command, since help was asked for or the arguments are wrong: what to exit with.
  int exit_code = 0;
};

Invocation ParseCommandLine(int argc, char** argv);

}  // namespace kefu::ctl
