// The commands that do more than one call: replay, chats, backup and restore.
#pragma once

#include <string>

#include "deploy/ctl/backup/backup.h"
#include "deploy/ctl/chat/chat.h"
#include "deploy/ctl/commands/admin.h"
#include "deploy/ctl/replay/chat_file.h"
#include "deploy/ctl/replay/runner.h"

namespace kefu::ctl {

struct ReplayArguments {
  std::string file;
  // As ParseTimeMs takes them; empty: no bound.
  std::string from, to;
  // 0: no window.
  double busiest_hours = 0;
  size_t limit = 0;
  std::string agents_file;
  std::string history;
  double duration_s = 0;
  double patience_s = 60;
  ReplayOptions options;
};
// 0: passed; 1: something was lost, duplicated or reordered; 3: inconclusive.
Task<ExitCode> RunReplay(Context& context, ReplayArguments arguments);

Task<ExitCode> RunChat(Context& context, ChatOptions options, bool as_agent);

struct BackupArguments {
  BackupOptions options;
  std::string password_file;
};
Task<ExitCode> RunBackup(Context& context, BackupArguments arguments);

struct RestoreArguments {
  RestoreOptions options;
  // Verify the backup and touch nothing.
  bool check = false;
};
Task<ExitCode> RunRestore(Context& context, RestoreArguments arguments);

}  // namespace kefu::ctl
