// What text from outside may be: UTF-8 without NUL, no longer than said. Pure; errors are
// INVALID_ARGUMENT with reason INVALID_FIELD and the field's path.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <string_view>

namespace kefu {

// Length in bytes of the well-formed character that `text` begins with; 0 if there is none, NUL
// included.
size_t CharacterLength(std::string_view text);

// Well-formed UTF-8 without NUL: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsCleanUtf8(std::string_view text);

// Clean UTF-8 of at most `max` bytes.
absl::Status CheckText(std::string_view field, std::string_view text, size_t max);
// The same, and not empty.
absl::Status CheckRequiredText(std::string_view field, std::string_view text, size_t max);

}  // namespace kefu
