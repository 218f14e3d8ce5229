#include "deploy/ctl/calls/fields.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "proto/kefu/common/v1/money.pb.h"
#include "services/common/base/money.h"
#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

constexpr char kNone[] = "-";

// Order.State gives "STATE_": the prefix that the style guide wants of every value.
std::string Prefix(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return prefix + "_";
}

std::string ShortName(const EnumValueDescriptor& value) {
  const std::string prefix = Prefix(*value.type());
  const bool prefixed = value.name().starts_with(prefix);
  return prefixed ? value.name().substr(prefix.size()) : value.name();
}

absl::StatusOr<const EnumValueDescriptor*> ParseEnum(const FieldDescriptor& field,
                                                     std::string_view text) {
  std::string wanted(text);
  for (char& c : wanted) {
    c = c == '-' ? '_' : absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  std::string known;
  const EnumDescriptor& type = *field.enum_type();
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor* value = type.value(i);
    if (value->number() == 0) continue;
    if (wanted == ShortName(*value) || wanted == value->name()) return value;
    known += (known.empty() ? "" : ", ") + absl::AsciiStrToLower(ShortName(*value));
  }
  return InvalidField(field.name(), fmt::format("\"{}\" is none of {}.", text, known));
}

absl::StatusOr<Timestamp> ParseTime(const FieldDescriptor& field, std::string_view text) {
  Timestamp time;
  const std::string day_or_time(text);
  if (TimeUtil::FromString(day_or_time, &time)) return time;
  if (TimeUtil::FromString(day_or_time + "T00:00:00Z", &time)) return time;
  return InvalidField(field.name(), fmt::format("\"{}\" is not a time such as 2026-11-22 or "
                                                "2026-11-22T08:00:00Z.",
                                                text));
}

template <class Int>
absl::StatusOr<Int> ParseNumber(const FieldDescriptor& field, std::string_view text) {
  Int value = 0;
  if (absl::SimpleAtoi(ToAbsl(text), &value)) return value;
  return InvalidField(field.name(), fmt::format("\"{}\" is not a number in range.", text));
}

absl::Status SetParts(Message* message, const FieldDescriptor& field, std::string_view text,
                      const std::vector<std::string>& parts) {
  const std::vector<std::string> values =
      absl::StrSplit(ToAbsl(text), absl::MaxSplits(':', parts.empty() ? 0 : parts.size() - 1));
  if (parts.empty()) return InvalidField(field.name(), "It cannot be given in this way.");
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].empty()) {
      return InvalidField(field.name(), fmt::format("\"{}\" has an empty part.", text));
    }
    KEFU_RETURN_IF_ERROR(SetField(message, parts[i], values[i]));
  }
  return absl::OkStatus();
}

absl::Status SetMessage(Message* message, const FieldDescriptor& field, std::string_view text,
                        const std::vector<std::string>& parts) {
  const Reflection& reflection = *message->GetReflection();
  Message* inner = field.is_repeated() ? reflection.AddMessage(message, &field)
                                       : reflection.MutableMessage(message, &field);
  if (field.message_type() != Timestamp::descriptor()) return SetParts(inner, field, text, parts);
  KEFU_ASSIGN_OR_RETURN(const Timestamp time, ParseTime(field, text));
  inner->CopyFrom(time);
  return absl::OkStatus();
}

// `set` and `add` are Reflection's methods for the type.
template <class Value, class Set, class Add>
absl::Status Put(Message* message, const FieldDescriptor& field, Value value, Set set, Add add) {
  const Reflection& reflection = *message->GetReflection();
  if (field.is_repeated()) {
    (reflection.*add)(message, &field, std::move(value));
  } else {
    (reflection.*set)(message, &field, std::move(value));
  }
  return absl::OkStatus();
}

std::string ScalarText(const Message& message, const FieldDescriptor& field, int index);

std::string MessageText(const Message& message) {
  if (message.GetDescriptor() == Timestamp::descriptor()) {
    return TimeUtil::ToString(static_cast<const Timestamp&>(message));
  }
  if (message.GetDescriptor() == common::v1::Money::descriptor()) {
    const auto& money = static_cast<const common::v1::Money&>(message);
    return FormatMoney({money.currency(), money.minor_units()}) + " " + money.currency();
  }
  return "";
}

// A leaf: what has a text of its own.
bool IsLeaf(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
         field.message_type() == Timestamp::descriptor() ||
         field.message_type() == common::v1::Money::descriptor();
}

// `index` is -1 for a singular field.
std::string ScalarText(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& r = *message.GetReflection();
  const bool one = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text =
          one ? r.GetString(message, &field) : r.GetRepeatedString(message, &field, index);
      const bool binary = field.type() == FieldDescriptor::TYPE_BYTES;
      return binary ? fmt::format("{} bytes", text.size()) : text;
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortName(
          *(one ? r.GetEnum(message, &field) : r.GetRepeatedEnum(message, &field, index)));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (one ? r.GetBool(message, &field) : r.GetRepeatedBool(message, &field, index)) ? "yes"
                                                                                            : "no";
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(one ? r.GetInt32(message, &field)
                                : r.GetRepeatedInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(one ? r.GetUInt32(message, &field)
                                : r.GetRepeatedUInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(one ? r.GetInt64(message, &field)
                                : r.GetRepeatedInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(one ? r.GetUInt64(message, &field)
                                : r.GetRepeatedUInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageText(one ? r.GetMessage(message, &field)
                             : r.GetRepeatedMessage(message, &field, index));
    default:
      return "?";  // no floating point in our protos
  }
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return reflection.FieldSize(message, &field) > 0;
  return reflection.HasField(message, &field);
}

void DescribeInto(const Message& message, int depth, std::string* out);

void DescribeOne(const Message& message, const FieldDescriptor& field, int index, int depth,
                 std::string* out) {
  out->append(static_cast<size_t>(2 * depth), ' ');
  out->append(field.name());
  if (IsLeaf(field)) {
    out->append(": " + ScalarText(message, field, index) + "\n");
    return;
  }
  const Reflection& reflection = *message.GetReflection();
  out->append(":\n");
  DescribeInto(index < 0 ? reflection.GetMessage(message, &field)
                         : reflection.GetRepeatedMessage(message, &field, index),
               depth + 1, out);
}

void DescribeInto(const Message& message, int depth, std::string* out) {
  const Reflection& reflection = *message.GetReflection();
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsSet(message, field)) continue;
    const int size = field.is_repeated() ? reflection.FieldSize(message, &field) : 0;
    if (!field.is_repeated()) DescribeOne(message, field, -1, depth, out);
    for (int index = 0; index < size; ++index) DescribeOne(message, field, index, depth, out);
  }
}

absl::StatusOr<std::vector<std::string>> SplitItems(const std::string& name,
                                                    const std::string& text) {
  using nlohmann::json;
  std::vector<std::string> items;
  const json whole = json::parse(text, nullptr, false);
  if (whole.is_object() && whole.contains(name) && whole[name].is_array()) {
    for (const json& item : whole[name]) items.push_back(item.dump());
  } else if (whole.is_array()) {
    for (const json& item : whole) items.push_back(item.dump());
  } else {
    for (const auto line : absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
      items.emplace_back(line);
    }
  }
  if (items.empty()) return InvalidField("file", fmt::format("There are no {} in it.", name));
  return items;
}

}  // namespace

absl::Status SetField(Message* message, const std::string& name, std::string_view text,
                      const std::vector<std::string>& parts) {
  const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return InvalidField(name, "There is no such field.");
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return Put(message, *field, std::string(text), &Reflection::SetString,
                 &Reflection::AddString);
    case FieldDescriptor::CPPTYPE_BOOL:
      return Put(message, *field, text == "true" || text == "yes", &Reflection::SetBool,
                 &Reflection::AddBool);
    case FieldDescriptor::CPPTYPE_ENUM: {
      KEFU_ASSIGN_OR_RETURN(const EnumValueDescriptor* value, ParseEnum(*field, text));
      return Put(message, *field, value, &Reflection::SetEnum, &Reflection::AddEnum);
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      KEFU_ASSIGN_OR_RETURN(const uint32_t value, ParseNumber<uint32_t>(*field, text));
      return Put(message, *field, value, &Reflection::SetUInt32, &Reflection::AddUInt32);
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      KEFU_ASSIGN_OR_RETURN(const int64_t value, ParseNumber<int64_t>(*field, text));
      return Put(message, *field, value, &Reflection::SetInt64, &Reflection::AddInt64);
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      KEFU_ASSIGN_OR_RETURN(const uint64_t value, ParseNumber<uint64_t>(*field, text));
      return Put(message, *field, value, &Reflection::SetUInt64, &Reflection::AddUInt64);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetMessage(message, *field, text, parts);
    default:
      return InvalidField(name, "It cannot be given in this way.");
  }
}

std::string FieldText(const Message& message, std::string_view path) {
  const size_t dot = path.find('.');
  const std::string name(path.substr(0, dot));
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || !IsSet(message, *field)) return kNone;
  const Reflection& reflection = *message.GetReflection();
  if (dot != std::string_view::npos) {
    return FieldText(reflection.GetMessage(message, field), path.substr(dot + 1));
  }
  if (!IsLeaf(*field)) {
    return field->is_repeated() ? std::to_string(reflection.FieldSize(message, field)) : "yes";
  }
  if (!field->is_repeated()) return ScalarText(message, *field, -1);
  std::string text;
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    text += (i > 0 ? "," : "") + ScalarText(message, *field, i);
  }
  return text;
}

std::string Describe(const Message& message) {
  std::string text;
  DescribeInto(message, 0, &text);
  if (!text.empty()) text.pop_back();
  return text;
}

absl::StatusOr<std::vector<std::unique_ptr<Message>>> ParseItems(const FieldDescriptor& field,
                                                                 const std::string& text) {
  KEFU_ASSIGN_OR_RETURN(const std::vector<std::string> items, SplitItems(field.name(), text));
  const Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(field.message_type());
  std::vector<std::unique_ptr<Message>> parsed;
  for (const std::string& item : items) {
    parsed.emplace_back(prototype->New());
    const auto status = google::protobuf::util::JsonStringToMessage(item, parsed.back().get());
    if (!status.ok()) {
      return InvalidField(fmt::format("{}[{}]", field.name(), parsed.size() - 1),
                          std::string(status.message()));
    }
  }
  return parsed;
}

}  // namespace kefu::ctl
