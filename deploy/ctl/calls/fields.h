// Fields of a message by their names, as people write and read them:
//
//   SetField(&request, "state", "paid");                  enum values without their prefix, in any
//   case SetField(&request, "from_time", "2026-11-22T08:00:00Z");   or "2026-11-22"
//   SetField(&request, "parcel", "ups:1Z5R89390357567127");    see `parts`
//   FieldText(order, "totals.total")                      "19.90 CNY"
//
// Pure. INVALID_ARGUMENT names the field and what it takes.
#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::ctl {

// Sets a field, or adds to a repeated one. A field that is a message takes its `parts`, separated
// by colons: {"line", "quantity"} makes "L1:2" a line L1 with quantity 2; parts at the end may be
// left out.
absl::Status SetField(google::protobuf::Message* message, const std::string& field,
                      std::string_view text, const std::vector<std::string>& parts = {});

// One value as one word or more: "-" if it is not set; how many there are of a repeated message.
// `path` goes into messages with dots.
std::string FieldText(const google::protobuf::Message& message, std::string_view path);

// Everything that is set, a line for each value, what is inside of another indented below it.
std::string Describe(const google::protobuf::Message& message);

// Items of a file for a repeated field: a JSON array of them, an object that has the array under
// the field's name, or JSON lines. The error says which item is wrong.
absl::StatusOr<std::vector<std::unique_ptr<google::protobuf::Message>>> ParseItems(
    const google::protobuf::FieldDescriptor& field, const std::string& text);

}  // namespace kefu::ctl
