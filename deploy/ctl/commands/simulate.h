// kefuctl simulate: becomes the program kefu-simulate, which belongs to the gateway's routing
// (gateway/routing/simulation) and needs no gateway.
#pragma once

#include <string>
#include <vector>

#include "deploy/ctl/commands/admin.h"

namespace kefu::ctl {

// Does not return unless the program cannot be run: FAILED_PRECONDITION NO_PROGRAM. It is looked
// for beside kefuctl, then in PATH.
ExitCode RunSimulate(std::vector<std::string> arguments, bool json);

}  // namespace kefu::ctl
