// What may stand in the fields of shipments and their events (texts: base/text.h; carriers and
// tracking numbers: base/parcel.h, both in services/common).
// Pure. Errors: INVALID_ARGUMENT INVALID_FIELD naming `field`.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <string_view>

namespace kefu::logistics {

inline constexpr size_t kMaxText = 1000;
inline constexpr size_t kMaxPlace = 200;
inline constexpr size_t kMaxCode = 64;
inline constexpr size_t kMaxEventId = 128;
inline constexpr size_t kMaxSubstatus = 64;
inline constexpr size_t kMaxOrderNumber = 64;

// "CUSTOMS": upper case letters, digits and '_', at most 64; may be empty.
absl::Status CheckSubstatus(std::string_view field, std::string_view substatus);

// For what carriers push, which is kept rather than refused: cut at a character's end, control
// characters made blanks.
std::string Tidy(std::string_view text, size_t max_bytes);

}  // namespace kefu::logistics
