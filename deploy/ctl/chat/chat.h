// Buyer or agent in the terminal: typed lines are messages, what comes is printed. /quit or the end
// of the input ends it; an agent has more commands (/help).
#pragma once

#include <absl/status/status.h>

#include <string>

#include "deploy/ctl/connect_client.h"

namespace kefu::ctl {

struct ChatOptions {
  std::string shop;
  // Shown to the other party; may be empty.
  std::string name;
  // Print frames as JSON lines.
  bool json = false;
  // Go on printing after the end of the input, until a signal.
  bool stay = false;
  // Agents only.
  std::string login, password;
  // Wait for /accept and /decline; otherwise whatever is offered is accepted.
  bool ask = false;
};

Task<absl::Status> ChatAsBuyer(ConnectClient& client, ChatOptions options);
Task<absl::Status> ChatAsAgent(ConnectClient& client, ChatOptions options);

}  // namespace kefu::ctl
