// The administrative commands of Redis that backup and restore need. No threads of their own;
// errors as redis::Client's, plus DEADLINE_EXCEEDED if Redis takes longer than allowed.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <string_view>

#include "deploy/ctl/backup/manifest.h"
#include "services/common/base/task.h"
#include "services/common/redis/client.h"

namespace kefu::ctl {

// The fields of INFO's answer ("name:value" lines).
std::map<std::string, std::string> ParseInfo(std::string_view info);

// Until Redis answers and has loaded its data.
Task<absl::Status> AwaitReady(redis::Client* client, int64_t timeout_ms);
// Writes a new dump file and waits until it is there. A save that was under way already does not
// count: it may have begun before the last acknowledgement.
Task<absl::Status> SaveSnapshot(redis::Client* client, int64_t timeout_ms);
// Switches the append-only file on and waits until it holds all data.
Task<absl::Status> SwitchAofOn(redis::Client* client, int64_t timeout_ms);
Task<absl::StatusOr<std::string>> DumpPath(redis::Client* client);
// Version, libraries and number of keys.
Task<absl::StatusOr<Manifest>> Describe(redis::Client* client);

}  // namespace kefu::ctl
