// What may stand in the directory's fields. Pure. Errors: INVALID_ARGUMENT INVALID_FIELD naming
// `field`.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::gateway::directory {

inline constexpr size_t kDisplayNameBytes = 128;
inline constexpr uint32_t kMaxCapacity = 1000;

// At most 128 bytes without control characters; `required`: not empty.
absl::Status CheckDisplayName(std::string_view field, std::string_view text, bool required);
// 3 to 64 of a-z, 0-9 and "._-@+".
absl::Status CheckLogin(std::string_view field, std::string_view text);
// 10 to 128 bytes.
absl::Status CheckNewPassword(std::string_view field, std::string_view text);
absl::Status CheckCapacity(std::string_view field, uint32_t capacity);
// "http(s)://host" with an optional port, lower case, nothing after it, as browsers write it; at
// most 20 of them.
absl::Status CheckOrigins(std::string_view field, const std::vector<std::string>& origins);
// ABORTED ETAG_MISMATCH unless `expected` is absent or the version; `what` as in "The agent".
absl::Status CheckVersion(std::optional<uint64_t> expected, uint64_t version,
                          std::string_view what);
bool IsOrigin(std::string_view text);
// Bytes below 0x20, and DEL.
bool HasControlCharacters(std::string_view text);

}  // namespace kefu::gateway::directory
