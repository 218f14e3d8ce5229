// Puts the gateway together. The only place that knows all of its parts.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <memory>

#include "gateway/config.h"
#include "gateway/upstream/service_channels.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/process.h"

namespace kefu::gateway {

// With channels to the addresses of the configuration.
absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics);

// With channels that exist already, e.g. in-process ones, by service ("inquiries" and kForwarded);
// the configuration's addresses are not looked at.
absl::StatusOr<std::unique_ptr<server::Service>> BindTo(const ServiceChannels::ByName& services,
                                                        const Config& config,
                                                        metrics::Metrics& metrics);

}  // namespace kefu::gateway
