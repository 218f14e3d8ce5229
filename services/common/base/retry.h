// Whether an error is worth another attempt: the one place that says so, for consumers of events,
// batches and whoever else decides between trying again and giving up on a thing.
#pragma once

#include <absl/status/status.h>

namespace kefu {

// The error is about the moment, not about what was asked for: UNAVAILABLE, DEADLINE_EXCEEDED,
// RESOURCE_EXHAUSTED, CANCELLED, ABORTED, INTERNAL, UNKNOWN. Of all others, the thing itself is at
// fault, and another attempt ends like this one. OK does not pass.
bool Passes(const absl::Status& status);

}  // namespace kefu
