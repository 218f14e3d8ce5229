// Puts the gateway together. The only place that knows all of its parts.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <vector>

#include "gateway/config.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/process.h"

namespace kefu::gateway {

// With a channel to each address in `config.inquiries`.
absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics);

// With channels that exist already, e.g. in-process ones; `config.inquiries` is not looked at.
absl::StatusOr<std::unique_ptr<server::Service>> BindTo(
    const std::vector<std::shared_ptr<grpc::Channel>>& inquiries, const Config& config,
    metrics::Metrics& metrics);

}  // namespace kefu::gateway
