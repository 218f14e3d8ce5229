#include "deploy/ctl/connect_framing.h"

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "proto/google/rpc/status.pb.h"
#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

using nlohmann::json;

constexpr size_t kHeaderBytes = 5;
constexpr std::string_view kTypePrefix = "type.googleapis.com/";

constexpr std::array<std::pair<std::string_view, absl::StatusCode>, 16> kCodes = {{
    {"canceled", absl::StatusCode::kCancelled},
    {"unknown", absl::StatusCode::kUnknown},
    {"invalid_argument", absl::StatusCode::kInvalidArgument},
    {"deadline_exceeded", absl::StatusCode::kDeadlineExceeded},
    {"not_found", absl::StatusCode::kNotFound},
    {"already_exists", absl::StatusCode::kAlreadyExists},
    {"permission_denied", absl::StatusCode::kPermissionDenied},
    {"resource_exhausted", absl::StatusCode::kResourceExhausted},
    {"failed_precondition", absl::StatusCode::kFailedPrecondition},
    {"aborted", absl::StatusCode::kAborted},
    {"out_of_range", absl::StatusCode::kOutOfRange},
    {"unimplemented", absl::StatusCode::kUnimplemented},
    {"internal", absl::StatusCode::kInternal},
    {"unavailable", absl::StatusCode::kUnavailable},
    {"data_loss", absl::StatusCode::kDataLoss},
    {"unauthenticated", absl::StatusCode::kUnauthenticated},
}};

std::string TextOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// {"code": …, "message": …, "details": [{"type": …, "value": base64}]}
absl::Status StatusOfError(const json& error, absl::StatusCode fallback) {
  const std::string name = TextOf(error, "code");
  const absl::StatusCode code = name.empty() ? fallback : CodeOfConnectName(name);
  const std::string message = TextOf(error, "message");
  google::rpc::Status status;
  status.set_code(static_cast<int>(code));
  status.set_message(message);
  const auto details = error.find("details");
  if (details != error.end() && details->is_array()) {
    for (const json& detail : *details) {
      if (!detail.is_object()) continue;
      std::string value;
      // Unescape takes base64 with and without padding; a detail that is neither is left out, the
      // error stays.
      if (!absl::Base64Unescape(TextOf(detail, "value"), &value)) continue;
      auto* any = status.add_details();
      any->set_type_url(std::string(kTypePrefix) + TextOf(detail, "type"));
      any->set_value(value);
    }
  }
  return DecodeRpcStatus(code, message, status.SerializeAsString());
}

absl::Status NotConnect(int http_status) {
  return Error(CodeOfHttpStatus(http_status), "NOT_CONNECT",
               fmt::format("The gateway's address answered HTTP {} without a Connect error; check "
                           "that a kefu gateway "
                           "listens there.",
                           http_status));
}

}  // namespace

std::string EncodeEnvelope(std::string_view payload, uint8_t flags) {
  const auto size = static_cast<uint32_t>(payload.size());
  std::string out;
  out.reserve(kHeaderBytes + payload.size());
  out.push_back(static_cast<char>(flags));
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>((size >> shift) & 0xff));
  out.append(payload);
  return out;
}

void EnvelopeDecoder::Feed(std::string_view bytes) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  buffer_.append(bytes);
}

absl::StatusOr<std::optional<Envelope>> EnvelopeDecoder::Next() {
  const std::string_view rest = std::string_view(buffer_).substr(begin_);
  if (rest.size() < kHeaderBytes) return std::nullopt;
  size_t size = 0;
  for (size_t i = 1; i < kHeaderBytes; ++i) size = size << 8 | static_cast<uint8_t>(rest[i]);
  Envelope envelope;
  envelope.flags = static_cast<uint8_t>(rest[0]);
  if ((envelope.flags & Envelope::kCompressed) != 0) {
    return Error(absl::StatusCode::kInternal, "BAD_FRAME",
                 "The stream is compressed although nobody asked for it.");
  }
  if (size > max_payload_) {
    return Error(
        absl::StatusCode::kInternal, "BAD_FRAME",
        fmt::format("A frame of {} bytes is larger than the {} allowed.", size, max_payload_));
  }
  if (rest.size() < kHeaderBytes + size) return std::nullopt;
  envelope.payload = std::string(rest.substr(kHeaderBytes, size));
  begin_ += kHeaderBytes + size;
  return envelope;
}

absl::StatusCode CodeOfConnectName(std::string_view name) {
  for (const auto& [known, code] : kCodes) {
    if (known == name) return code;
  }
  return absl::StatusCode::kUnknown;
}

absl::StatusCode CodeOfHttpStatus(int http_status) {
  switch (http_status) {
    case 400:
      return absl::StatusCode::kInternal;
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kUnknown;
  }
}

std::string StatusText(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::string reason = ErrorReason(status);
  return fmt::format("{}{}{}: {}", absl::StatusCodeToString(status.code()),
                     reason.empty() ? "" : " ", reason, FromAbsl(status.message()));
}

absl::Status DecodeConnectError(int http_status, std::string_view body) {
  const json error = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!error.is_object() || TextOf(error, "code").empty()) return NotConnect(http_status);
  return StatusOfError(error, CodeOfHttpStatus(http_status));
}

absl::Status DecodeEndOfStream(std::string_view payload) {
  const json end = json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (!end.is_object()) {
    return Error(absl::StatusCode::kInternal, "BAD_FRAME",
                 "The stream's last frame is not a JSON object.");
  }
  const auto error = end.find("error");
  if (error == end.end() || error->is_null()) return absl::OkStatus();
  return StatusOfError(*error, absl::StatusCode::kUnknown);
}

}  // namespace kefu::ctl
