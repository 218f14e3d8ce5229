// The Connect protocol's wire forms over HTTP/1.1: content types, headers, envelopes, errors.
// Compression is off. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/edge/codec.h"
#include "gateway/edge/http_message.h"

namespace kefu::gateway::connect {

// What a Content-Type says: the codec, and whether messages come in envelopes (streaming methods).
struct ContentType {
  Codec codec = Codec::kJson;
  bool stream = false;
};
// Nothing if it is not one of the four (parameters but charset=utf-8 are refused, too).
std::optional<ContentType> ParseContentType(std::string_view value);
std::string_view ContentTypeName(ContentType type);
// The content types that a method of that kind takes, for Accept-Post.
std::string_view AcceptPost(bool stream);

// Protocol version and encodings. INVALID_ARGUMENT CONNECT_VERSION or UNIMPLEMENTED
// COMPRESSION_OFF.
absl::Status CheckHeaders(const Headers& headers, bool stream);
// Connect-Timeout-Ms: at most ten digits. Nothing if absent. INVALID_ARGUMENT CONNECT_TIMEOUT.
absl::StatusOr<std::optional<int64_t>> ParseTimeout(const Headers& headers);

// Envelope: one byte of flags, four of length (big endian), the message.
inline constexpr uint8_t kFlagCompressed = 1;
inline constexpr uint8_t kFlagEndStream = 2;
inline constexpr size_t kEnvelopeHead = 5;
void AppendEnvelope(std::string& out, uint8_t flags, std::string_view message);
// The body of a server streaming request: exactly one message. INVALID_ARGUMENT BAD_ENVELOPE, or
// UNIMPLEMENTED with NOT_ONE_MESSAGE or COMPRESSION_OFF.
absl::StatusOr<std::string_view> OnlyMessage(std::string_view body);

std::string_view CodeName(absl::StatusCode code);
int HttpStatusOf(absl::StatusCode code);

// {"code":…,"message":…,"details":[…]}; the error must not be OK.
std::string ErrorJson(const absl::Status& error);
// The last envelope's message: {} or {"error":…}, and as metadata the delay of a retry.
std::string EndStreamJson(const absl::Status& status);
// Whole seconds, rounded up, for Retry-After; nothing if the error names no delay.
std::optional<std::string> RetryAfter(const absl::Status& status);

// An error as a whole HTTP response, its status by the code or as given.
HttpResponse ErrorResponse(const absl::Status& error,
                           std::optional<int> http_status = std::nullopt);

}  // namespace kefu::gateway::connect
