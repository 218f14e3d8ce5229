// Calling Redis functions. All kefu functions answer an array whose first element is "OK", followed
// by results, or "ERR", code name, reason, sentence, then metadata as name and value in turn.
//
// Every function takes as its first argument `now_ms`, empty in production: the function reads TIME
// itself.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/task.h"
#include "services/common/redis/client.h"
#include "services/common/redis/value.h"

namespace kefu::redis {

struct FunctionCall {
  std::string function;                // e.g. "inquiries_append_v1"
  std::vector<std::string> keys;       // all keys it touches
  std::vector<std::string> arguments;  // after now_ms
  std::string now_ms;                  // only honoured by the library that tests load
};

// FCALL <function> <numkeys> keys... now_ms arguments...
Command ToCommand(FunctionCall call);

// The results after "OK", or the error that the function answered.
absl::StatusOr<Value::Array> ParseFunctionReply(absl::StatusOr<Value> reply);

Task<absl::StatusOr<Value::Array>> CallFunction(Client& client, FunctionCall call,
                                                int64_t timeout_ms = Client::kDefaultTimeoutMs);

}  // namespace kefu::redis
