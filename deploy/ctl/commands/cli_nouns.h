// The part of the command line that comes from tables (command.h). Knows CLI11, like cli.cc.
#pragma once

#include <CLI/App.hpp>

#include "deploy/ctl/commands/cli.h"

namespace kefu::ctl {

void AddNouns(CLI::App& app, Invocation* to);

}  // namespace kefu::ctl
