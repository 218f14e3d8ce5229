// The rules of a call that need no I/O. Pure; thread-safe.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/edge/registry.h"

namespace kefu::gateway {

// How long a call may take, in milliseconds: the policy's bound, or what the client allows if that
// is less. Nothing for a stream without either.
std::optional<int64_t> AllowedMs(const Method& method, std::optional<int64_t> client_timeout_ms);

// PERMISSION_DENIED, reason ROLE_NOT_ALLOWED, naming the roles that would do.
absl::Status CheckRole(const MethodPolicy& policy, Role role);

// A program that acts as an agent has one of the method's scopes. PERMISSION_DENIED, reason
// SCOPE_MISSING, naming those that would do, or NOT_FOR_PROGRAMS.
absl::Status CheckScopes(const MethodPolicy& policy, const Caller& caller);

bool IsForAnyone(const MethodPolicy& policy);

// Empty if the request has none.
std::string RequestIdOf(const Method& method, const google::protobuf::Message& request);
// Only writes need one; a read's is not looked at.
absl::Status CheckRequestIdOf(const Method& method, const google::protobuf::Message& request);

}  // namespace kefu::gateway
