// The gateway's Redis functions with the caller's clock, as they were when this program was built
// (services/common/redis/functions/assemble.sh gateway --callers-clock).
#pragma once

#include <string_view>

namespace kefu::gateway::routing::simulation {

extern const std::string_view kFunctionsLibrary;

}  // namespace kefu::gateway::routing::simulation
