#include "services/after_sales/config.h"

#include "services/common/base/status.h"
#include "services/common/config/reader.h"

namespace kefu::after_sales {

absl::StatusOr<Config> ParseConfig(std::string_view yaml) {
  constexpr int64_t kYearMs = int64_t{365} * 24 * 3600 * 1000;
  config::Reader reader(yaml);
  Config config;
  host::ReadHostConfig(reader, {"inquiries"}, &config.host);
  reader.Optional("services.orders", &config.orders);
  reader.Optional("services.logistics", &config.logistics);
  reader.Optional("services.inquiries", &config.inquiries);
  reader.Optional("return_within_ms", &config.policy.return_within_ms, 1, kYearMs);
  reader.Optional("inspect_before_refund", &config.policy.inspect_before_refund);
  std::string master_keys;
  reader.Secret("master_keys", &master_keys, true);
  KEFU_RETURN_IF_ERROR(reader.Finish());
  config.common = config.host.common;
  KEFU_ASSIGN_OR_RETURN(config.master_keys, seal::MasterKeys::Parse(master_keys));
  return config;
}

}  // namespace kefu::after_sales
