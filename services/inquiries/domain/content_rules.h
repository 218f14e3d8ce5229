// What may stand in the fields of a message, by the limits of entry.proto. Pure; errors are
// INVALID_ARGUMENT with reason INVALID_FIELD and the field's path.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "services/common/base/text.h"

namespace kefu::inquiries::domain {

inline constexpr size_t kMaxBody = 8192;
inline constexpr size_t kMaxComment = 2048;
inline constexpr size_t kMaxTitle = 256;
inline constexpr size_t kMaxUrl = 2048;
inline constexpr size_t kMaxReference = 64;
inline constexpr size_t kMaxParameters = 16;
inline constexpr size_t kMaxParameter = 1024;
inline constexpr size_t kMaxDisplayName = 128;

using kefu::CheckRequiredText;
using kefu::CheckText;
using kefu::IsCleanUtf8;

// Empty, or http or https with a host, without spaces or control characters.
absl::Status CheckUrl(std::string_view field, std::string_view url);
// Three upper-case letters.
absl::Status CheckCurrency(std::string_view field, std::string_view currency);

}  // namespace kefu::inquiries::domain
