#include "gateway/edge/connect_protocol.h"

#include <absl/strings/cord.h>
#include <fmt/format.h>
#include <google/protobuf/any.pb.h>

#include <algorithm>
#include <array>

#include "proto/google/rpc/error_details.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway::connect {
namespace {

struct NamedType {
  std::string_view name;
  ContentType type;
};
constexpr std::array<NamedType, 4> kTypes = {{
    {"application/json", {Codec::kJson, false}},
    {"application/proto", {Codec::kProto, false}},
    {"application/connect+json", {Codec::kJson, true}},
    {"application/connect+proto", {Codec::kProto, true}},
}};

struct CodeRow {
  std::string_view name;
  int http_status;
};
// By absl::StatusCode, from kCancelled (1) to kUnauthenticated (16).
constexpr std::array<CodeRow, 17> kCodes = {{
    {"ok", 200},
    {"canceled", 499},
    {"unknown", 500},
    {"invalid_argument", 400},
    {"deadline_exceeded", 504},
    {"not_found", 404},
    {"already_exists", 409},
    {"permission_denied", 403},
    {"resource_exhausted", 429},
    {"failed_precondition", 400},
    {"aborted", 409},
    {"out_of_range", 400},
    {"unimplemented", 501},
    {"internal", 500},
    {"unavailable", 503},
    {"data_loss", 500},
    {"unauthenticated", 401},
}};

const CodeRow& RowOf(absl::StatusCode code) {
  const size_t index = static_cast<size_t>(code);
  return kCodes[index < kCodes.size() ? index : static_cast<size_t>(absl::StatusCode::kUnknown)];
}

// Of JSON's escapes the short and the general one suffice. Malformed UTF-8 would make the whole
// answer unreadable.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  const bool valid = IsValidUtf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out.push_back(byte >= 0x80 && !valid ? '?' : c);
    }
  }
  out.push_back('"');
  return out;
}

std::string Base64WithoutPadding(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out.push_back(kDigits[(bits >> (count - 6)) & 63]);
  }
  if (count > 0) out.push_back(kDigits[(bits << (6 - count)) & 63]);
  return out;
}

// What people read in a terminal; programs decode `value`.
template <class Detail>
std::string DebugOf(const google::protobuf::Any& any) {
  Detail detail;
  if (!any.UnpackTo(&detail)) return {};
  const absl::StatusOr<std::string> json = Encode(Codec::kJson, detail);
  return json.ok() ? *json : std::string();
}

std::string DebugJson(const google::protobuf::Any& any) {
  if (any.Is<google::rpc::ErrorInfo>()) return DebugOf<google::rpc::ErrorInfo>(any);
  if (any.Is<google::rpc::BadRequest>()) return DebugOf<google::rpc::BadRequest>(any);
  if (any.Is<google::rpc::RetryInfo>()) return DebugOf<google::rpc::RetryInfo>(any);
  return {};
}

std::string DetailJson(absl::string_view type_url, const absl::Cord& payload) {
  google::protobuf::Any any;
  any.set_type_url(std::string(type_url));
  any.set_value(std::string(payload));
  const std::string& url = any.type_url();
  const std::string type = url.substr(url.rfind('/') + 1);
  std::string out =
      "{\"type\":" + Quoted(type) + ",\"value\":\"" + Base64WithoutPadding(any.value()) + "\"";
  const std::string debug = DebugJson(any);
  if (!debug.empty()) out += ",\"debug\":" + debug;
  return out + "}";
}

std::string DetailsJson(const absl::Status& error) {
  std::string details;
  error.ForEachPayload([&](absl::string_view type_url, const absl::Cord& payload) {
    if (!details.empty()) details += ",";
    details += DetailJson(type_url, payload);
  });
  return details.empty() ? details : ",\"details\":[" + details + "]";
}

absl::Status CompressionOff() {
  return Error(absl::StatusCode::kUnimplemented, "COMPRESSION_OFF",
               "Compression is not supported; send the message with encoding \"identity\".");
}

}  // namespace

std::optional<ContentType> ParseContentType(std::string_view value) {
  const size_t semicolon = value.find(';');
  const std::string_view name = TrimBlanks(value.substr(0, semicolon));
  if (semicolon != std::string_view::npos) {
    const std::string_view parameter = TrimBlanks(value.substr(semicolon + 1));
    const bool utf8 = EqualsIgnoringCase(parameter, "charset=utf-8") ||
                      EqualsIgnoringCase(parameter, "charset=\"utf-8\"");
    if (!parameter.empty() && !utf8) return std::nullopt;
  }
  for (const NamedType& known : kTypes) {
    if (EqualsIgnoringCase(name, known.name)) return known.type;
  }
  return std::nullopt;
}

std::string_view ContentTypeName(ContentType type) {
  for (const NamedType& known : kTypes) {
    if (known.type.codec == type.codec && known.type.stream == type.stream) return known.name;
  }
  return kTypes[0].name;
}

std::string_view AcceptPost(bool stream) {
  return stream ? "application/connect+json, application/connect+proto"
                : "application/json, application/proto";
}

absl::Status CheckHeaders(const Headers& headers, bool stream) {
  const std::string_view version = headers.Get("connect-protocol-version");
  if (!version.empty() && version != "1") {
    return Error(absl::StatusCode::kInvalidArgument, "CONNECT_VERSION",
                 "Send Connect-Protocol-Version: 1.");
  }
  const std::string_view encoding =
      headers.Get(stream ? "connect-content-encoding" : "content-encoding");
  if (!encoding.empty() && !EqualsIgnoringCase(encoding, "identity")) return CompressionOff();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int64_t>> ParseTimeout(const Headers& headers) {
  if (!headers.Has("connect-timeout-ms")) return std::optional<int64_t>();
  const std::string_view text = headers.Get("connect-timeout-ms");
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || text.size() > 10 || !digits) {
    return Error(absl::StatusCode::kInvalidArgument, "CONNECT_TIMEOUT",
                 "Send Connect-Timeout-Ms as a whole number of at most ten digits.");
  }
  return std::optional<int64_t>(std::stoll(std::string(text)));
}

void AppendEnvelope(std::string& out, uint8_t flags, std::string_view message) {
  const auto size = static_cast<uint32_t>(message.size());
  out.push_back(static_cast<char>(flags));
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((size >> shift) & 0xFF));
  out.append(message);
}

absl::StatusOr<std::string_view> OnlyMessage(std::string_view body) {
  const auto not_one = [] {
    return Error(absl::StatusCode::kUnimplemented, "NOT_ONE_MESSAGE",
                 "Send exactly one message in the request of a server streaming method.");
  };
  if (body.empty()) return not_one();
  const auto bad = [] {
    return Error(absl::StatusCode::kInvalidArgument, "BAD_ENVELOPE",
                 "Send each message as one byte of flags, four of length, and the message.");
  };
  if (body.size() < kEnvelopeHead) return bad();
  const auto flags = static_cast<uint8_t>(body[0]);
  uint32_t size = 0;
  for (size_t i = 1; i < kEnvelopeHead; ++i) size = (size << 8) | static_cast<uint8_t>(body[i]);
  body.remove_prefix(kEnvelopeHead);
  if (flags == kFlagCompressed) return CompressionOff();
  if (flags != 0 || body.size() < size) return bad();
  if (body.size() > size) return not_one();
  return body;
}

std::string_view CodeName(absl::StatusCode code) { return RowOf(code).name; }

int HttpStatusOf(absl::StatusCode code) { return RowOf(code).http_status; }

std::string ErrorJson(const absl::Status& error) {
  return fmt::format("{{\"code\":\"{}\",\"message\":{}{}}}", CodeName(error.code()),
                     Quoted(FromAbsl(error.message())), DetailsJson(error));
}

std::string EndStreamJson(const absl::Status& status) {
  if (status.ok()) return "{}";
  std::string out = "{\"error\":" + ErrorJson(status);
  if (const auto delay = RetryAfter(status))
    out += ",\"metadata\":{\"retry-after\":[\"" + *delay + "\"]}";
  return out + "}";
}

std::optional<std::string> RetryAfter(const absl::Status& status) {
  const int64_t delay_ms = RetryDelayMs(status);
  if (delay_ms <= 0) return std::nullopt;
  return std::to_string((delay_ms + 999) / 1000);
}

HttpResponse ErrorResponse(const absl::Status& error, std::optional<int> http_status) {
  HttpResponse response;
  response.status = http_status.value_or(HttpStatusOf(error.code()));
  response.headers.Add("Content-Type", "application/json");
  if (const auto delay = RetryAfter(error)) response.headers.Add("Retry-After", *delay);
  response.body = ErrorJson(error);
  return response;
}

}  // namespace kefu::gateway::connect
