// Puts the service together: the only place that knows all its parts.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "services/common/host/host.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/process.h"
#include "services/orders/config.h"

namespace kefu::orders {

// A running service; Begin makes it listen to the others. `metrics` outlives it. UNAVAILABLE if an
// address cannot be bound. `peers`: instead of the configured addresses
// (host/host.h).
absl::StatusOr<std::unique_ptr<server::Service>> BindTo(host::Peers peers, const Config& config,
                                                        metrics::Metrics& metrics);
absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics);

}  // namespace kefu::orders
