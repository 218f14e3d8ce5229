#include "services/orders/config.h"

#include <string>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/config/reader.h"
#include "services/orders/status_file.h"

namespace kefu::orders {

absl::StatusOr<Config> ParseConfig(std::string_view yaml) {
  config::Reader reader(yaml);
  Config config;
  config.host.listen = "127.0.0.1:9211";
  config.host.events_bind = "tcp://127.0.0.1:9212";
  std::string master_keys, statuses_file;
  host::ReadHostConfig(reader, {"inquiries", "logistics", "after_sales"}, &config.host);
  reader.Secret("master_keys", &master_keys, true);
  reader.Required("statuses_file", &statuses_file);
  KEFU_RETURN_IF_ERROR(reader.Finish());
  config.common = config.host.common;
  KEFU_ASSIGN_OR_RETURN(config.master_keys, seal::MasterKeys::Parse(master_keys));
  KEFU_ASSIGN_OR_RETURN(const std::string statuses, config::ReadFile(statuses_file));
  KEFU_ASSIGN_OR_RETURN(config.statuses, ParseStatuses(statuses));
  return config;
}

}  // namespace kefu::orders
