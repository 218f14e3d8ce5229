// The cases of an order as stored bytes and back, and as others see them. Pure.
//
// Version 1 had notes in clear; they are read, and sealed with the next commit (notes.h). Version 2
// has them sealed. A record without any note is still written as version 1, which both releases
// read; the one before refuses version 2 rather than drop the notes it does not know of.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "proto/kefu/after_sales/v1/service.pb.h"
#include "services/after_sales/domain/case.h"

namespace kefu::after_sales::storage {

// Of notes only what is sealed.
std::string Encode(const domain::OrderCases& order);
// DATA_LOSS BAD_RECORD; FAILED_PRECONDITION RECORD_TOO_NEW: written by a later release.
absl::StatusOr<domain::OrderCases> Decode(const OrderId& order, std::string_view bytes);

// Whole, as the staff sees it; notes as far as they are open.
v1::Case ToProto(const domain::OrderCases& order, const domain::Case& one);
// What goes into events: without notes.
v1::Case WithoutNotes(v1::Case one);

}  // namespace kefu::after_sales::storage
