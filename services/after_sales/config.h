// The configuration of kefu-after-sales. Read once; unknown keys are errors (config/reader.h).
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/after_sales/domain/commands.h"
#include "services/common/host/host.h"
#include "services/common/seal/sealing.h"

namespace kefu::after_sales {

struct Config {
  server::CommonConfig common;
  host::HostConfig host;
  // gRPC addresses of the replicas of orders. Those of logistics and inquiries may be named too;
  // nothing is asked of them yet.
  std::vector<std::string> orders;
  std::vector<std::string> logistics;
  std::vector<std::string> inquiries;
  domain::Policy policy;
  // Always there after ParseConfig.
  std::optional<seal::MasterKeys> master_keys;
};

// Also reads the file of the master keys. INVALID_ARGUMENT names everything that is wrong.
absl::StatusOr<Config> ParseConfig(std::string_view yaml);

}  // namespace kefu::after_sales
