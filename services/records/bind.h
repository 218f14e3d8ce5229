// Puts the service together: the only place that knows all its parts.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "services/common/host/host.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/process.h"
#include "services/records/config.h"

namespace kefu::records {

// A running service; it takes events once it has begun. `metrics` outlives it. UNAVAILABLE if the
// database cannot be opened or an address cannot be bound; FAILED_PRECONDITION SCHEMA_TOO_NEW.
absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics);
// The same with channels to the sources instead of their addresses.
absl::StatusOr<std::unique_ptr<server::Service>> BindTo(const host::Peers& peers,
                                                        const Config& config,
                                                        metrics::Metrics& metrics);

}  // namespace kefu::records
