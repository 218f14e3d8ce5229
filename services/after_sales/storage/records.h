// The cases of an order as stored bytes and back, and as others see them. Records of an older
// schema version are upgraded when read. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "proto/kefu/after_sales/v1/service.pb.h"
#include "services/after_sales/domain/case.h"

namespace kefu::after_sales::storage {

std::string Encode(const domain::OrderCases& order);
// DATA_LOSS RECORD_BROKEN; FAILED_PRECONDITION RECORD_TOO_NEW: written by a later release.
absl::StatusOr<domain::OrderCases> Decode(const OrderId& order, std::string_view bytes);

// Whole, as the staff sees it.
v1::Case ToProto(const domain::OrderCases& order, const domain::Case& one);
// What goes into events: without notes.
v1::Case WithoutNotes(v1::Case one);

}  // namespace kefu::after_sales::storage
