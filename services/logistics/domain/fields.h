// What may stand in the fields of shipments and their events (texts: services/common/base/text.h).
// Pure. Errors: INVALID_ARGUMENT INVALID_FIELD naming `field`.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace kefu::logistics {

inline constexpr size_t kMaxText = 1000;
inline constexpr size_t kMaxPlace = 200;
inline constexpr size_t kMaxCode = 64;
inline constexpr size_t kMaxEventId = 128;
inline constexpr size_t kMaxSubstatus = 64;
inline constexpr size_t kMaxOrderNumber = 64;

// 2 to 32 of a-z, 0-9, '_' and '-', beginning with a letter or digit.
absl::Status CheckCarrier(std::string_view field, std::string_view carrier);
// Without blanks and in upper case: 4 to 40 letters, digits and '-'. Two spellings of one number
// are one number.
absl::StatusOr<std::string> NormalNumber(std::string_view field, std::string_view number);
// "CUSTOMS": upper case letters, digits and '_', at most 64; may be empty.
absl::Status CheckSubstatus(std::string_view field, std::string_view substatus);

// For what carriers push, which is kept rather than refused: cut at a character's end, control
// characters made blanks.
std::string Tidy(std::string_view text, size_t max_bytes);

}  // namespace kefu::logistics
