// Bodies of type application/x-www-form-urlencoded. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kefu {

// "%E5%BC%A0+a" → "张 a". None if a percent sign is not followed by two hex digits.
std::optional<std::string> FormDecode(std::string_view text);

// The decoded value of the first field of that name; none if there is no such field, or it cannot
// be decoded.
std::optional<std::string> FormField(std::string_view body, std::string_view name);

}  // namespace kefu
