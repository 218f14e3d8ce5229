// What may stand in the fields of a command, beyond text (base/text.h). Errors name the field.
// Pure.
#pragma once

#include <absl/status/statusor.h>

#include <string_view>

#include "services/after_sales/domain/case.h"

namespace kefu::after_sales::domain {

// Both parts or none, as logistics keeps them (base/parcel.h), so that it is the same parcel there.
absl::StatusOr<Parcel> NormalParcel(const Parcel& parcel);
// More than nothing, in the currency.
absl::StatusOr<Money> ParseAmount(std::string_view field, std::string_view decimal,
                                  std::string_view currency);

}  // namespace kefu::after_sales::domain
