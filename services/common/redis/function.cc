#include "services/common/redis/function.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/status.h"

namespace kefu::redis {
namespace {

absl::StatusCode CodeNamed(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, absl::StatusCode>, 8> kCodes = {{
      {"INVALID_ARGUMENT", absl::StatusCode::kInvalidArgument},
      {"NOT_FOUND", absl::StatusCode::kNotFound},
      {"ALREADY_EXISTS", absl::StatusCode::kAlreadyExists},
      {"ABORTED", absl::StatusCode::kAborted},
      {"FAILED_PRECONDITION", absl::StatusCode::kFailedPrecondition},
      {"OUT_OF_RANGE", absl::StatusCode::kOutOfRange},
      {"RESOURCE_EXHAUSTED", absl::StatusCode::kResourceExhausted},
      {"PERMISSION_DENIED", absl::StatusCode::kPermissionDenied},
  }};
  for (const auto& [known, code] : kCodes) {
    if (known == name) return code;
  }
  return absl::StatusCode::kInternal;
}

}  // namespace

Command ToCommand(FunctionCall call) {
  Command command;
  command.reserve(4 + call.keys.size() + call.arguments.size());
  command.push_back("FCALL");
  command.push_back(std::move(call.function));
  command.push_back(std::to_string(call.keys.size()));
  std::move(call.keys.begin(), call.keys.end(), std::back_inserter(command));
  command.push_back(std::move(call.now_ms));
  std::move(call.arguments.begin(), call.arguments.end(), std::back_inserter(command));
  return command;
}

absl::StatusOr<Value::Array> ParseFunctionReply(absl::StatusOr<Value> reply) {
  if (!reply.ok()) return reply.status();
  const Value& value = *reply;
  if (value[0].str() == "OK") {
    Value::Array results = std::move(*reply).TakeArray();
    results.erase(results.begin());
    return results;
  }
  if (value[0].str() != "ERR") {
    return Error(absl::StatusCode::kInternal, "STORE_ERROR",
                 "A store function gave an answer of an unknown form.");
  }
  ErrorMetadata metadata;
  for (size_t i = 4; i + 1 < value.size(); i += 2) {
    metadata[value[i].str()] =
        value[i + 1].is_int() ? std::to_string(value[i + 1].Int()) : value[i + 1].str();
  }
  return Error(CodeNamed(value[1].str()), value[2].str(), value[3].str(), metadata);
}

Task<absl::StatusOr<Value::Array>> CallFunction(Client& client, FunctionCall call,
                                                int64_t timeout_ms) {
  Command command = ToCommand(std::move(call));
  absl::StatusOr<Value> reply = co_await client.Call(std::move(command), timeout_ms);
  co_return ParseFunctionReply(std::move(reply));
}

}  // namespace kefu::redis
