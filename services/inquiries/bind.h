// Puts the service together: the only place that knows all its parts.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "services/common/host/host.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/process.h"
#include "services/inquiries/config.h"

namespace kefu::inquiries {

// A running service. `metrics` outlives it. UNAVAILABLE if an address cannot be bound.
absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics);

// With channels to the other services that are asked for once they all listen, e.g. in-process
// ones; `config.sources` is not looked at then.
absl::StatusOr<std::unique_ptr<server::Service>> BindTo(const host::Peers& peers,
                                                        const Config& config,
                                                        metrics::Metrics& metrics);

}  // namespace kefu::inquiries
