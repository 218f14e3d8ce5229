// Who is calling, as proved by a credential; and the seams between the edge and those who know
// credentials.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/kefu/common/v1/entry.pb.h"
#include "proto/kefu/options.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/server/unary.h"

namespace kefu::gateway {

// What makes a program an agent: the API key that it calls with, and what that grants.
struct Program {
  std::string key;
  std::vector<Scope> scopes;
};

struct Caller {
  Role role = ROLE_ANYONE;
  // Absent for ROLE_ANYONE and ROLE_OPERATOR only. The shop of a call is this one and no other.
  std::optional<ShopId> shop;
  // Buyer id, agent id, API key id; "operator"; empty for ROLE_ANYONE.
  std::string subject;
  // The sign-in this token belongs to (staff), so that SignOut can end it; else empty.
  std::string sign_in;
  // Buyers only: the name they gave, from the token.
  std::string display_name;
  // Buyers only: what they are to the shop, proved by its signature.
  common::v1::Priority priority = common::v1::PRIORITY_UNSPECIFIED;
  // Agents that are programs only; their scopes limit them beside the role.
  std::optional<Program> program;
};

struct CallContext {
  Caller caller;
  server::CallScope scope;
  // The client's address without the port; forwarding headers are believed from configured proxies
  // only.
  std::string peer;

  // The caller's shop; only for methods whose roles all carry one.
  const ShopId& shop() const { return *caller.shop; }
};

// Turns the bearer token of a request into a Caller. Thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // UNAUTHENTICATED with reason TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED or TOKEN_REVOKED.
  // `bearer` is empty if there was no Authorization header; then TOKEN_MISSING.
  virtual Task<absl::StatusOr<Caller>> Authenticate(std::string bearer) = 0;
};

// Writes down privileged acts before they take effect. Thread-safe.
class Auditor {
 public:
  virtual ~Auditor() = default;
  // `request_json` has its sensitive fields removed. If it fails, the act does not happen.
  virtual Task<absl::Status> Record(CallContext context, std::string method,
                                    std::string request_json) = 0;
};

}  // namespace kefu::gateway
