#include "services/common/base/status.h"

#include <absl/strings/cord.h>

#include <optional>

#include "proto/google/rpc/error_details.pb.h"
#include "proto/google/rpc/status.pb.h"

namespace kefu {
namespace {

constexpr char kInfoType[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kRetryType[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr char kBadRequestType[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kDomain[] = "kefu";

template <class Message>
void Attach(absl::Status* status, const char* type, const Message& message) {
  status->SetPayload(type, absl::Cord(message.SerializeAsString()));
}

template <class Message>
Message Detail(const absl::Status& status, const char* type) {
  Message message;
  if (const auto payload = status.GetPayload(type)) {
    // What we attached ourselves, or checked when we decoded it.
    if (!message.ParseFromString(std::string(*payload))) message.Clear();
  }
  return message;
}

}  // namespace

absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message,
                   const ErrorMetadata& metadata) {
  absl::Status status(code, ToAbsl(message));
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(kDomain);
  for (const auto& [name, value] : metadata) (*info.mutable_metadata())[name] = value;
  Attach(&status, kInfoType, info);
  return status;
}

absl::Status InvalidField(std::string_view field, std::string_view description) {
  return InvalidFields({{std::string(field), std::string(description)}});
}

absl::Status InvalidFields(const std::vector<FieldViolation>& violations) {
  if (violations.empty()) return absl::OkStatus();
  std::string message = violations.front().field + ": " + violations.front().description;
  if (violations.size() > 1) {
    message += " (and " + std::to_string(violations.size() - 1) + " more)";
  }
  google::rpc::BadRequest bad_request;
  for (const FieldViolation& violation : violations) {
    auto* added = bad_request.add_field_violations();
    added->set_field(violation.field);
    added->set_description(violation.description);
  }
  absl::Status status = Error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", message);
  Attach(&status, kBadRequestType, bad_request);
  return status;
}

absl::Status WithRetryDelay(absl::Status status, int64_t retry_delay_ms) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(retry_delay_ms / 1000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(retry_delay_ms % 1000) * 1'000'000);
  Attach(&status, kRetryType, retry);
  return status;
}

std::string ErrorReason(const absl::Status& status) {
  return Detail<google::rpc::ErrorInfo>(status, kInfoType).reason();
}

ErrorMetadata ErrorMetadataOf(const absl::Status& status) {
  const auto info = Detail<google::rpc::ErrorInfo>(status, kInfoType);
  return {info.metadata().begin(), info.metadata().end()};
}

std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  const auto bad_request = Detail<google::rpc::BadRequest>(status, kBadRequestType);
  for (const auto& violation : bad_request.field_violations()) {
    violations.push_back({violation.field(), violation.description()});
  }
  return violations;
}

int64_t RetryDelayMs(const absl::Status& status) {
  const auto retry = Detail<google::rpc::RetryInfo>(status, kRetryType);
  return retry.retry_delay().seconds() * 1000 + retry.retry_delay().nanos() / 1'000'000;
}

std::string EncodeRpcStatus(const absl::Status& status) {
  google::rpc::Status encoded;
  encoded.set_code(static_cast<int32_t>(status.code()));
  encoded.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view type, const absl::Cord& payload) {
    auto* detail = encoded.add_details();
    detail->set_type_url(std::string(type));
    detail->set_value(std::string(payload));
  });
  return encoded.SerializeAsString();
}

absl::Status DecodeRpcStatus(absl::StatusCode code, std::string_view message,
                             std::string_view encoded) {
  absl::Status status(code, ToAbsl(message));
  google::rpc::Status details;
  if (code == absl::StatusCode::kOk ||
      !details.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) {
    return status;
  }
  for (const auto& detail : details.details())
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  return status;
}

}  // namespace kefu
