// Puts the service together: the only place that knows all its parts.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "services/common/host/host.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/process.h"
#include "services/logistics/config.h"

namespace kefu::logistics {

// A running service. `metrics` outlives it. UNAVAILABLE if an address cannot be bound.
absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics);
// With channels that exist already, e.g. in-process ones, instead of the configured addresses.
absl::StatusOr<std::unique_ptr<server::Service>> BindTo(host::Peers peers, const Config& config,
                                                        metrics::Metrics& metrics);

}  // namespace kefu::logistics
