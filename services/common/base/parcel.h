// How parcels are named: carrier and tracking number, by one rule wherever they come in. What one
// service took and another refused would be a parcel that nobody follows. Pure; errors are
// INVALID_ARGUMENT with reason INVALID_FIELD and the field's path.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace kefu {

// 2 to 32 of a-z, 0-9, '_' and '-', beginning with a letter or digit.
bool IsCarrier(std::string_view text);
absl::Status CheckCarrier(std::string_view field, std::string_view carrier);

// Without blanks and in upper case: 4 to 40 letters, digits and '-'. Two spellings of one number
// are one number.
absl::StatusOr<std::string> NormalTrackingNumber(std::string_view field, std::string_view number);

}  // namespace kefu
