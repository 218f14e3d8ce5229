#include "deploy/ctl/commands/context.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

#include "deploy/ctl/chat/terminal.h"
#include "proto/kefu/gateway/v1/auth.pb.h"
#include "proto/kefu/options.pb.h"

namespace kefu::ctl {
namespace {

// Passwords are hashed slowly, on purpose.
constexpr int64_t kSlowAttemptMs = 10000;
constexpr int64_t kDeadlineMs = 20000;
// A person waits for the answer: a gateway that restarts is waited for, one that is not there is
// not.
constexpr int64_t kRetryMs = 3000;

}  // namespace

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
  } else {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      return Error(absl::StatusCode::kNotFound, "NO_SUCH_FILE",
                   fmt::format("Cannot read {}: {}.", path, std::strerror(errno)));
    }
    text << file.rdbuf();
  }
  std::string secret = text.str();
  while (!secret.empty() &&
         (secret.back() == '\n' || secret.back() == '\r' || secret.back() == ' '))
    secret.pop_back();
  if (secret.empty()) {
    return Error(absl::StatusCode::kInvalidArgument, "EMPTY_SECRET",
                 fmt::format("{} is empty.", path));
  }
  return secret;
}

Context::Context(Executor executor, Globals globals)
    : globals_(std::move(globals)), client_(executor, globals_.gateways) {}

absl::StatusOr<std::string> Context::OperatorKey() const {
  if (has_operator_key()) return ReadSecret(globals_.operator_key_file);
  return Error(absl::StatusCode::kUnauthenticated, "NO_CREDENTIAL",
               "Only the operator may do this: name the key's file with --operator-key-file or "
               "KEFU_OPERATOR_KEY_FILE.");
}

absl::StatusOr<std::string> Context::Password() const {
  if (!globals_.password_file.empty()) return ReadSecret(globals_.password_file);
  const char* password = std::getenv("KEFU_PASSWORD");
  if (password != nullptr && *password != '\0') return std::string(password);
  return Error(absl::StatusCode::kUnauthenticated, "NO_CREDENTIAL",
               "A password is needed: --password-file, KEFU_PASSWORD_FILE or KEFU_PASSWORD.");
}

Task<absl::StatusOr<std::string>> Context::BearerFor(
    const google::protobuf::MethodDescriptor& method) {
  const MethodPolicy& policy = method.options().GetExtension(kefu::policy);
  bool for_operator = false;
  bool for_program = false;
  for (const int role : policy.roles()) {
    for_operator = for_operator || role == ROLE_OPERATOR;
    for_program = for_program || role == ROLE_INTEGRATOR;
  }
  if (for_operator) co_return OperatorKey();
  if (for_program && !globals_.api_key_file.empty()) co_return ReadSecret(globals_.api_key_file);
  if (for_program && policy.roles_size() == 1) {
    co_return Error(absl::StatusCode::kUnauthenticated, "NO_CREDENTIAL",
                    "Only a shop's program may do this: name the file of its API key with "
                    "--key-file or KEFU_API_KEY_FILE.");
  }
  co_return co_await Token();
}

Task<absl::StatusOr<std::string>> Context::CallBytes(std::string method, std::string request,
                                                     std::string bearer) {
  CallOptions options = OptionsOf(std::move(bearer));
  co_return co_await client_.CallBytes(std::move(method), std::move(request), std::move(options),
                                       nullptr);
}

CallOptions Context::OptionsOf(std::string bearer) {
  CallOptions options;
  options.bearer = std::move(bearer);
  options.deadline_ms = kDeadlineMs;
  options.attempt_ms = kSlowAttemptMs;
  options.retry_ms = kRetryMs;
  return options;
}

Task<absl::StatusOr<std::string>> Context::Token() {
  if (!token_.empty()) co_return token_;
  if (globals_.login.empty()) {
    co_return Error(absl::StatusCode::kUnauthenticated, "NO_CREDENTIAL",
                    "Sign in with --login (KEFU_LOGIN) and a password.");
  }
  KEFU_CO_ASSIGN_OR_RETURN(const std::string password, Password());
  gateway::v1::SignInRequest request;
  request.set_login(globals_.login);
  request.set_password(password);
  request.set_shop(globals_.shop);
  CallOptions options = OptionsOf("");
  absl::StatusOr<gateway::v1::SignInResponse> response =
      co_await client_.Call<gateway::v1::SignInResponse>("kefu.gateway.v1.AuthService/SignIn",
                                                         std::move(request), std::move(options));
  if (!response.ok()) co_return response.status();
  token_ = response->token();
  co_return token_;
}

void Context::Print(const google::protobuf::Message& message, std::string_view text) const {
  if (!globals_.json) {
    if (!text.empty()) PrintLine(text);
    return;
  }
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = false;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  PrintLine(status.ok() ? json : "{}");
}

}  // namespace kefu::ctl
