// Plays recorded chats against a shop and judges what came of it. One thread.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "deploy/ctl/connect_client.h"
#include "deploy/ctl/replay/agent.h"
#include "deploy/ctl/replay/chat_file.h"
#include "deploy/ctl/replay/history.h"
#include "deploy/ctl/replay/report.h"

namespace kefu::ctl {

struct ReplayOptions {
  std::string shop;
  // Open loop: chats begin at their recorded times, this many times faster. Closed loop: `pairs`
  // chats at a time, each as fast as its parties answer.
  bool closed_loop = false;
  double speed = 1;
  size_t pairs = 8;
  // Starts nothing new and says nothing more after so long; 0: until all was played. A closed loop
  // with a duration plays the chats over and over.
  int64_t duration_ms = 0;
  int64_t patience_ms = 60000;
  uint64_t seed = 1;
  // Who answers. Empty: `pairs` persons and agents are created, with the operator's key, and
  // disabled afterwards.
  std::vector<Login> agents;
  uint32_t agent_capacity = 100;
  std::string operator_key;
};

// The error, if it could not even begin; what happens later is in the report.
Task<absl::StatusOr<Report>> Replay(ConnectClient& client, HistoryWriter& history,
                                    std::vector<Chat> chats, ReplayOptions options);

// Lines "login password"; INVALID_ARGUMENT names the line that is not.
absl::StatusOr<std::vector<Login>> ParseLogins(std::string_view text);

}  // namespace kefu::ctl
