// The refusals of the model, with the reasons that router.h names. Internal to the model.
#pragma once

#include <absl/status/status.h>

#include <string_view>

#include "services/common/base/status.h"

namespace kefu::gateway::routing {

inline absl::Status NoSuchSession() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_SESSION", "There is no such session.");
}

inline absl::Status NoSuchAgent() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_AGENT", "There is no such agent.");
}

inline absl::Status Refused(std::string_view reason, std::string_view message) {
  return Error(absl::StatusCode::kFailedPrecondition, reason, message);
}

inline absl::Status SessionClosed() { return Refused("SESSION_CLOSED", "The session is closed."); }

inline absl::Status Aborted(std::string_view reason, std::string_view message) {
  return Error(absl::StatusCode::kAborted, reason, message);
}

inline absl::Status QueueFull() {
  return Error(absl::StatusCode::kResourceExhausted, "QUEUE_FULL", "Nobody is let in.");
}

}  // namespace kefu::gateway::routing
