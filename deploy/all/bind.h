// Every service of kefu in one process, which call each other over in-process channels. Same code,
// same guarantees; one set of metrics, one admin port. ZeroMQ and Redis as otherwise.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "deploy/all/config.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/process.h"

namespace kefu::all {

// All of them listen, also at their own addresses; Begin starts what needs the others. `metrics`
// outlives it. The error of the first service that cannot start.
absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics);

}  // namespace kefu::all
