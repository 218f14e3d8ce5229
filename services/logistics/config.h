// The configuration of kefu-logistics. Read once; unknown keys are errors (config/reader.h).
#pragma once

#include <absl/status/statusor.h>

#include <string_view>

#include "services/common/host/host.h"
#include "services/logistics/domain/status_table.h"

namespace kefu::logistics {

struct Config {
  server::CommonConfig common;
  host::HostConfig host;
  // What the sources' codes mean: the contents of `statuses_file`.
  StatusTable statuses;
};

// INVALID_ARGUMENT names everything that is wrong, also in the status file.
absl::StatusOr<Config> ParseConfig(std::string_view yaml);

}  // namespace kefu::logistics
