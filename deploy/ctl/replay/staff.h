// The people a replay needs in a shop, made for it and disabled after it.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "deploy/ctl/replay/agent.h"
#include "deploy/ctl/replay/ledger.h"
#include "deploy/ctl/replay/world.h"

namespace kefu::ctl {

struct Staff {
  std::vector<Login> agents;
  // Reads conversations whole, notes and all. Empty login: there is none.
  Login supervisor;
};

// Persons `replay-1-<run>` and so on with random passwords, agents of the shop, and one supervisor.
// Whom it hired before an error is in `staff`, too, to be dismissed.
Task<absl::Status> HireStaff(World* world, std::string operator_key, size_t agents,
                             uint32_t capacity, Staff* staff);
Task<absl::Status> DismissStaff(World* world, std::string operator_key, Staff staff);

// Reads conversations as the shop's staff sees them.
class StaffReader {
 public:
  StaffReader(World& world, Login supervisor) : world_(world), supervisor_(std::move(supervisor)) {}
  Task<absl::Status> SignIn();
  Task<absl::StatusOr<std::vector<LogEntry>>> Read(std::string conversation);

 private:
  World& world_;
  const Login supervisor_;
  std::string token_;
};

}  // namespace kefu::ctl
