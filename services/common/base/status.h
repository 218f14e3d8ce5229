// Errors that carry a stable reason.
//
// Everything that can fail returns absl::Status or absl::StatusOr. The code is chosen by what the
// caller does next (UNAVAILABLE: retry the call; ABORTED: read again, then decide;
// FAILED_PRECONDITION: the state forbids it), the reason (UPPER_SNAKE_CASE) is what programs match
// on, the message is a sentence that says what to do.
//
//   return Error(absl::StatusCode::kAborted, "STALE_FENCE", "Another agent owns the session; read
//   it again.",
//                {{"fence", "7"}});
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kefu {

using ErrorMetadata = std::map<std::string, std::string>;

struct FieldViolation {
  std::string field;
  std::string description;
};

absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message,
                   const ErrorMetadata& metadata = {});

// INVALID_ARGUMENT with reason INVALID_FIELD and one violation.
absl::Status InvalidField(std::string_view field, std::string_view description);
// The same with everything that is wrong, of which the message tells the first; OK if nothing is.
absl::Status InvalidFields(const std::vector<FieldViolation>& violations);

// Says after how long a retry is worth it; for UNAVAILABLE and RESOURCE_EXHAUSTED.
absl::Status WithRetryDelay(absl::Status status, int64_t retry_delay_ms);

// Empty or 0 if the status has none.
std::string ErrorReason(const absl::Status& status);
ErrorMetadata ErrorMetadataOf(const absl::Status& status);
std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status);
int64_t RetryDelayMs(const absl::Status& status);

// Serialised google.rpc.Status with the details above; what travels in grpc-status-details-bin and
// Connect errors.
std::string EncodeRpcStatus(const absl::Status& status);
absl::Status DecodeRpcStatus(absl::StatusCode code, std::string_view message,
                             std::string_view encoded);

// absl's string_view is a type of its own in Debian's build.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view FromAbsl(absl::string_view text) { return {text.data(), text.size()}; }

namespace internal {
inline absl::Status ToStatus(absl::Status status) { return status; }
template <class T>
absl::Status ToStatus(absl::StatusOr<T>&& result) {
  return std::move(result).status();
}
}  // namespace internal

}  // namespace kefu

#define KEFU_CONCAT_INNER(a, b) a##b
#define KEFU_CONCAT(a, b) KEFU_CONCAT_INNER(a, b)

#define KEFU_RETURN_IF_ERROR_WITH(keyword, expression)         \
  do {                                                         \
    auto kefu_status = ::kefu::internal::ToStatus(expression); \
    if (!kefu_status.ok()) [[unlikely]]                        \
      keyword kefu_status;                                     \
  } while (false)

#define KEFU_ASSIGN_WITH(keyword, temporary, declaration, expression) \
  auto temporary = (expression);                                      \
  if (!temporary.ok()) [[unlikely]]                                   \
    keyword std::move(temporary).status();                            \
  declaration = std::move(temporary).value()

// Leave the function, or the coroutine (CO_ forms), with the error if there is one.
#define KEFU_RETURN_IF_ERROR(expression) KEFU_RETURN_IF_ERROR_WITH(return, expression)
#define KEFU_CO_RETURN_IF_ERROR(expression) KEFU_RETURN_IF_ERROR_WITH(co_return, expression)
#define KEFU_ASSIGN_OR_RETURN(declaration, expression) \
  KEFU_ASSIGN_WITH(return, KEFU_CONCAT(kefu_result_, __LINE__), declaration, expression)
#define KEFU_CO_ASSIGN_OR_RETURN(declaration, expression) \
  KEFU_ASSIGN_WITH(co_return, KEFU_CONCAT(kefu_result_, __LINE__), declaration, expression)
