#include "gateway/edge/codec.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "proto/kefu/options.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
namespace util = google::protobuf::util;

// Length of the UTF-8 sequence at the beginning of `text`, 0 if it is malformed.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto continues = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;  // overlong
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

// Calls `visit(field, message)` for every set field of the message and of those within it.
template <class Visit>
void ForEachField(Message& message, const std::string& prefix, const Visit& visit) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string path = prefix + field->name();
    if (!visit(message, *field, path)) continue;
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      ForEachField(*reflection.MutableMessage(&message, field), path + ".", visit);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      ForEachField(*reflection.MutableRepeatedMessage(&message, field, i), path + ".", visit);
    }
  }
}

bool HoldsNul(const Message& message, const FieldDescriptor& field) {
  if (field.type() != FieldDescriptor::TYPE_STRING) return false;
  const Reflection& reflection = *message.GetReflection();
  const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  std::string scratch;
  if (!field.is_repeated())
    return has_nul(reflection.GetStringReference(message, &field, &scratch));
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (has_nul(reflection.GetRepeatedStringReference(message, &field, i, &scratch))) return true;
  }
  return false;
}

// Only bodies that hold a NUL in some form can decode into strings that do.
bool MayHoldNul(Codec codec, std::string_view body) {
  // Protobuf's reader of JSON takes one that is not escaped, too.
  if (body.find('\0') != std::string_view::npos) return true;
  return codec == Codec::kJson && body.find("\\u0000") != std::string_view::npos;
}

absl::Status RefuseNul(Message* message) {
  std::string offender;
  ForEachField(*message, "",
               [&](Message& holder, const FieldDescriptor& field, const std::string& path) {
                 if (offender.empty() && HoldsNul(holder, field)) offender = path;
                 return offender.empty();
               });
  if (offender.empty()) return absl::OkStatus();
  return InvalidField(offender, "must not contain the NUL character");
}

absl::Status Invalid(std::string_view reason, std::string_view message) {
  return Error(absl::StatusCode::kInvalidArgument, reason, message);
}

absl::Status DecodeJson(std::string_view body, Message* message) {
  if (!IsValidUtf8(body)) return Invalid("INVALID_UTF8", "Send the JSON body as valid UTF-8.");
  if (!JsonDepthWithin(body, kMaxJsonDepth)) {
    return Invalid("JSON_TOO_DEEP", "Nest JSON at most 64 levels deep.");
  }
  util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto status = util::JsonStringToMessage({body.data(), body.size()}, message, options);
  if (status.ok()) return absl::OkStatus();
  // The parser appends the offending input on lines of its own; the first line says what is wrong.
  const std::string said(status.message().data(), status.message().size());
  return Invalid("INVALID_JSON", "The body is not JSON for " +
                                     message->GetDescriptor()->full_name() + ": " +
                                     said.substr(0, std::min(said.find('\n'), size_t{200})));
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool JsonDepthWithin(std::string_view json, int limit) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limit) return false;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return true;
}

absl::Status Decode(Codec codec, std::string_view body, Message* message) {
  if (codec == Codec::kJson) {
    KEFU_RETURN_IF_ERROR(DecodeJson(body, message));
  } else if (!message->ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return Invalid("INVALID_PROTO", "The body is not a binary " +
                                        message->GetDescriptor()->full_name() + " message.");
  }
  return MayHoldNul(codec, body) ? RefuseNul(message) : absl::OkStatus();
}

absl::StatusOr<std::string> Encode(Codec codec, const Message& message) {
  std::string out;
  const bool ok = codec == Codec::kJson ? util::MessageToJsonString(message, &out).ok()
                                        : message.SerializeToString(&out);
  if (ok) return out;
  return Error(absl::StatusCode::kInternal, "ENCODING_FAILED",
               "The answer could not be encoded; report this with the request id.");
}

absl::StatusOr<std::string> RedactedJson(const Message& message) {
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  ForEachField(*copy, "", [](Message& holder, const FieldDescriptor& field, const std::string&) {
    const auto& options = field.options();
    if (!options.GetExtension(kefu::sensitive) && !options.GetExtension(kefu::from_credential))
      return true;
    holder.GetReflection()->ClearField(&holder, &field);
    return false;
  });
  return Encode(Codec::kJson, *copy);
}

}  // namespace kefu::gateway
