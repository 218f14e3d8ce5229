#include "gateway/edge/admission.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "services/common/base/ids.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

constexpr int64_t kWriteMs = 3000;
constexpr int64_t kReadMs = 1000;

std::string RoleNames(const MethodPolicy& policy) {
  std::string names;
  for (int i = 0; i < policy.roles_size(); ++i) {
    if (i > 0) names += " or ";
    names += Role_Name(policy.roles(i));
  }
  return names;
}

std::string ScopeNames(const MethodPolicy& policy) {
  std::string names;
  for (int i = 0; i < policy.scopes_size(); ++i) {
    if (i > 0) names += " or ";
    names += Scope_Name(policy.scopes(i));
  }
  return names;
}

}  // namespace

std::optional<int64_t> AllowedMs(const Method& method, std::optional<int64_t> client_timeout_ms) {
  std::optional<int64_t> bound;
  if (method.policy.deadline_ms() > 0) {
    bound = method.policy.deadline_ms();
  } else if (!method.stream) {
    bound = method.policy.write() ? kWriteMs : kReadMs;
  }
  if (!bound || !client_timeout_ms) return bound ? bound : client_timeout_ms;
  return std::min(*bound, *client_timeout_ms);
}

bool IsForAnyone(const MethodPolicy& policy) {
  return policy.roles_size() == 1 && policy.roles(0) == ROLE_ANYONE;
}

absl::Status CheckRole(const MethodPolicy& policy, Role role) {
  const auto& roles = policy.roles();
  if (std::find(roles.begin(), roles.end(), role) != roles.end()) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "ROLE_NOT_ALLOWED",
               "Call this method with a token of " + RoleNames(policy) + ".",
               {{"role", Role_Name(role)}});
}

absl::Status CheckScopes(const MethodPolicy& policy, const Caller& caller) {
  if (!caller.program) return absl::OkStatus();
  if (policy.scopes().empty()) {
    return Error(absl::StatusCode::kPermissionDenied, "NOT_FOR_PROGRAMS",
                 "Only people call this method.");
  }
  const std::vector<Scope>& granted = caller.program->scopes;
  for (const int scope : policy.scopes()) {
    const bool has = std::find(granted.begin(), granted.end(), scope) != granted.end();
    if (scope == SCOPE_ANY || has) return absl::OkStatus();
  }
  const std::string wanted = ScopeNames(policy);
  return Error(absl::StatusCode::kPermissionDenied, "SCOPE_MISSING",
               "Call this method with a key that grants " + wanted + ".", {{"scope", wanted}});
}

std::string RequestIdOf(const Method& method, const google::protobuf::Message& request) {
  if (method.request_id == nullptr) return {};
  return request.GetReflection()->GetString(request, method.request_id);
}

absl::Status CheckRequestIdOf(const Method& method, const google::protobuf::Message& request) {
  if (!method.policy.write()) return absl::OkStatus();
  return CheckRequestId(RequestIdOf(method, request));
}

}  // namespace kefu::gateway
