// Puts the service together: the only place that knows all its parts.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "services/after_sales/config.h"
#include "services/common/host/host.h"
#include "services/common/metrics/metrics.h"

namespace kefu::after_sales {

// A running service. `metrics` outlives it. `peers`: instead of the configured addresses.
// UNAVAILABLE if an address cannot be bound.
absl::StatusOr<std::unique_ptr<server::Service>> BindTo(host::Peers peers, const Config& config,
                                                        metrics::Metrics& metrics);
absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics);

}  // namespace kefu::after_sales
