#include "services/records/config.h"

#include <utility>

#include "services/common/base/status.h"
#include "services/common/config/reader.h"

namespace kefu::records {
namespace {

constexpr const char* kSources[] = {"inquiries",   "orders",    "logistics",
                                    "after_sales", "directory", "routing"};

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view yaml) {
  config::Reader reader(yaml);
  Config config;
  reader.Optional("log_level", &config.common.log_level);
  reader.Optional("admin_address", &config.common.admin_address);
  reader.Optional("ports_file", &config.common.ports_file);
  reader.Optional("listen", &config.listen);
  reader.Optional("threads", &config.threads, 1, 64);
  reader.Required("database", &config.database);
  reader.Optional("readers", &config.readers, 1, 64);
  reader.Optional("events.subscribe", &config.events_subscribe);
  for (const char* source : kSources) {
    std::vector<std::string> addresses;
    reader.Optional(std::string("sources.") + source, &addresses);
    if (!addresses.empty()) config.sources[source] = std::move(addresses);
  }
  KEFU_RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace kefu::records
