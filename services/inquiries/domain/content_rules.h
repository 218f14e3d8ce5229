// What may stand in the fields of a message, by the limits of entry.proto. Pure; errors are
// INVALID_ARGUMENT with reason INVALID_FIELD and the field's path.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kefu::inquiries::domain {

inline constexpr size_t kMaxBody = 8192;
inline constexpr size_t kMaxTitle = 256;
inline constexpr size_t kMaxUrl = 2048;
inline constexpr size_t kMaxReference = 64;
inline constexpr size_t kMaxParameters = 16;
inline constexpr size_t kMaxParameter = 1024;
inline constexpr size_t kMaxDisplayName = 128;

// Well-formed UTF-8 without NUL: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsCleanUtf8(std::string_view text);

// Clean UTF-8 of at most `max` bytes.
absl::Status CheckText(std::string_view field, std::string_view text, size_t max);
// The same, and not empty.
absl::Status CheckRequiredText(std::string_view field, std::string_view text, size_t max);
// Empty, or http or https with a host, without spaces or control characters.
absl::Status CheckUrl(std::string_view field, std::string_view url);
// Three upper-case letters.
absl::Status CheckCurrency(std::string_view field, std::string_view currency);

}  // namespace kefu::inquiries::domain
