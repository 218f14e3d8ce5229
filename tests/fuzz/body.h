// Bodies of requests for json_body.cc and proto_body.cc: the line "kefu.gateway.v1.SendRequest" and
// the message.
#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string_view>

namespace kefu::fuzz {

using MessagePtr = std::unique_ptr<google::protobuf::Message>;

// An empty message of the type that the first line names, and moves `input` behind that line. Some
// type that a client may send if it names none.
MessagePtr TakeType(std::string_view& input);

// No string in it, at any depth, holds a NUL or is not UTF-8.
bool IsClean(const google::protobuf::Message& message);

// Equal but for what is not known; NaN equals itself.
bool Same(const google::protobuf::Message& a, const google::protobuf::Message& b);

}  // namespace kefu::fuzz
