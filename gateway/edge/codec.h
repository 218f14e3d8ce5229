// Message bodies on the wire: protobuf's JSON and binary forms. Pure; thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace kefu::gateway {

enum class Codec { kJson, kProto };

// JSON nested deeper than this is refused before it is parsed.
inline constexpr int kMaxJsonDepth = 64;

// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);
// Brackets and braces outside strings never nest deeper than `limit`. Says nothing about validity.
bool JsonDepthWithin(std::string_view json, int limit);

// INVALID_ARGUMENT with reason INVALID_UTF8, JSON_TOO_DEEP, INVALID_JSON (unknown fields too),
// INVALID_PROTO, or INVALID_FIELD for a string that holds a NUL.
absl::Status Decode(Codec codec, std::string_view body, google::protobuf::Message* message);
absl::StatusOr<std::string> Encode(Codec codec, const google::protobuf::Message& message);

// The message as JSON without the fields that the proto marks (kefu.sensitive), at any depth, nor
// those that are the credential's to say (kefu.from_credential).
absl::StatusOr<std::string> RedactedJson(const google::protobuf::Message& message);

}  // namespace kefu::gateway
