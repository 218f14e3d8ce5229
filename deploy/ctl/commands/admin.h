// Shops, persons, agents, keys, the audit log, store epochs: one RPC per command. Each prints what
// came of it; 0 is the exit code of all.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "deploy/ctl/commands/context.h"
#include "services/common/base/task.h"

namespace kefu::ctl {

using ExitCode = absl::StatusOr<int>;

struct ShopArguments {
  std::string shop, name;
  std::vector<std::string> origins;
};
Task<ExitCode> CreateShop(Context& context, ShopArguments arguments);
Task<ExitCode> ListShops(Context& context);
// What is not given stays as it is; one empty origin: none.
Task<ExitCode> UpdateShop(Context& context, ShopArguments arguments);

struct PersonArguments {
  std::string login, name;
  // "-": standard input.
  std::string password_file = "-";
  bool disabled = false;
};
Task<ExitCode> CreatePerson(Context& context, PersonArguments arguments);
Task<ExitCode> DisablePerson(Context& context, PersonArguments arguments);

struct AgentArguments {
  std::string shop, login, name;
  // "agent", "supervisor" or "admin".
  std::string role = "agent";
  uint32_t capacity = 100;
  // No person; `login` is empty.
  bool program = false;
  // Seconds; 0: none.
  uint32_t answer_limit = 0;
};
// As the operator in any shop, or as an administrator in the own one.
Task<ExitCode> CreateAgent(Context& context, AgentArguments arguments);
Task<ExitCode> ListAgents(Context& context);

struct KeyArguments {
  std::string name;
  // A program and what it may do, "orders:read"; both empty: an integrator's key.
  std::string agent;
  std::vector<std::string> scopes;
};
Task<ExitCode> CreateKey(Context& context, KeyArguments arguments);
Task<ExitCode> ListKeys(Context& context);
Task<ExitCode> RevokeKey(Context& context, std::string key_id);
Task<ExitCode> RotateIdentityKey(Context& context);

// At most `limit` entries after a position.
Task<ExitCode> ListAudit(Context& context, uint64_t after_seq, uint32_t limit);

// Of one shop, or of all if `shop` is empty.
Task<ExitCode> RaiseEpoch(Context& context, std::string shop);

}  // namespace kefu::ctl
