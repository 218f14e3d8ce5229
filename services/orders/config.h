// The configuration of kefu-orders. Read once; unknown keys are errors (config/reader.h).
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string_view>

#include "services/common/host/host.h"
#include "services/common/seal/sealing.h"
#include "services/common/server/process.h"
#include "services/orders/domain/status_table.h"

namespace kefu::orders {

struct Config {
  // A copy of host.common, for server::Main.
  server::CommonConfig common;
  host::HostConfig host;
  // Always there after ParseConfig.
  std::optional<seal::MasterKeys> master_keys;
  std::optional<domain::StatusTables> statuses;
};

// Also reads the files that it names. INVALID_ARGUMENT names everything that is wrong.
absl::StatusOr<Config> ParseConfig(std::string_view yaml);

}  // namespace kefu::orders
