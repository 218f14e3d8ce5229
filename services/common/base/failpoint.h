// Named places where a test can make a process die or misbehave. Compiled in only with
// -DKEFU_FAILPOINTS (test builds); elsewhere they are constant false and cost nothing.
//
//   KEFU_FAILPOINTS="gateway.open.after_inquiry=kill@2,streams.gap_repair=on" kefu-gateway …
//
//   KEFU_FAILPOINT("gateway.open.after_inquiry");              // dies here (SIGKILL) at the 2nd
//   pass if (KEFU_FAILPOINT_ON("streams.gap_repair")) return;       // a switch for positive
//   controls
#pragma once

#include <string_view>

namespace kefu {

// Thread-safe. Kills the process if armed with "kill" (optionally "@n": at the n-th pass).
void PassFailpoint(std::string_view name);
bool FailpointOn(std::string_view name);

}  // namespace kefu

#ifdef KEFU_FAILPOINTS
#define KEFU_FAILPOINT(name) ::kefu::PassFailpoint(name)
#define KEFU_FAILPOINT_ON(name) ::kefu::FailpointOn(name)
#else
#define KEFU_FAILPOINT(name) static_cast<void>(0)
#define KEFU_FAILPOINT_ON(name) false
#endif
