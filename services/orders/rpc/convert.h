// Between the API's messages and the domain's values. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>

#include "proto/kefu/orders/v1/service.pb.h"
#include "services/common/base/clock.h"
#include "services/orders/domain/input.h"

namespace kefu::orders::rpc {

// What a caller says outright of the axes, and the values for the check (domain::Check).
// INVALID_ARGUMENT INVALID_FIELD for what no value of the domain stands for: times that are none,
// axes that are none, a buyer that only the gateway could name.
absl::StatusOr<domain::OrderInput> ToInput(const v1::OrderInput& proto);
absl::StatusOr<domain::Said> ToSaid(const v1::OrderInput& proto);

// Tells one version's content from another's, the contact left out.
std::string InputHash(v1::OrderInput proto);

absl::StatusOr<TimePoint> ToTime(std::string_view field, const google::protobuf::Timestamp& proto);

}  // namespace kefu::orders::rpc
