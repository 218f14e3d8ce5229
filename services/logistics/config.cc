#include "services/logistics/config.h"

#include <string>

#include "services/common/base/status.h"
#include "services/common/config/reader.h"
#include "services/logistics/status_file.h"

namespace kefu::logistics {

absl::StatusOr<Config> ParseConfig(std::string_view yaml) {
  config::Reader reader(yaml);
  Config config;
  std::string statuses_file;
  host::ReadHostConfig(reader, {"orders"}, &config.host);
  reader.Required("statuses_file", &statuses_file);
  KEFU_RETURN_IF_ERROR(reader.Finish());
  config.common = config.host.common;
  KEFU_ASSIGN_OR_RETURN(const std::string statuses, config::ReadFile(statuses_file));
  absl::StatusOr<StatusTable> table = ParseStatusFile(statuses);
  if (!table.ok()) {
    return Error(table.status().code(), ErrorReason(table.status()),
                 statuses_file + ": " + std::string(FromAbsl(table.status().message())));
  }
  config.statuses = *std::move(table);
  return config;
}

}  // namespace kefu::logistics
