// Personal data as it may be shown: enough to recognise it, not enough to use it. Pure. Masking
// what is masked already changes nothing, since some platforms send masks only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kefu {

// "138****5678"; of eight to ten digits the last four only; of fewer none ("****"). Signs and the
// country code of a Chinese mobile number are left out. Empty for a text without digits.
std::string MaskPhone(std::string_view phone);

// The first character and "*"; empty for an empty name.
std::string MaskName(std::string_view name);

// The last four digits of a number that MaskPhone shows them of; the same for a number and its
// mask.
std::optional<std::string> PhoneTail(std::string_view phone);

}  // namespace kefu
