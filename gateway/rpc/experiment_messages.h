// Between the messages of WhatIfService and the values of simulations. Pure.
#pragma once

#include <absl/status/statusor.h>

#include "gateway/routing/simulation/comparison.h"
#include "proto/kefu/gateway/v1/what_if.pb.h"

namespace kefu::gateway {

// INVALID_FIELD by the request's fields.
absl::StatusOr<routing::simulation::Experiment> ToExperiment(const v1::CompareRequest& request);
// How many sessions it simulates, or somewhat more.
uint64_t SessionsOf(const routing::simulation::Experiment& experiment);

v1::Comparison ToMessage(const routing::simulation::Comparison& comparison);

}  // namespace kefu::gateway
