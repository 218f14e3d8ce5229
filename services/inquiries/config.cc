#include "services/inquiries/config.h"

#include <utility>

#include "services/common/base/status.h"
#include "services/common/config/reader.h"

namespace kefu::inquiries {

absl::StatusOr<Config> ParseConfig(std::string_view yaml) {
  constexpr int64_t kYearMs = int64_t{365} * 24 * 3600 * 1000;
  config::Reader reader(yaml);
  Config config;
  std::string master_keys;
  reader.Optional("log_level", &config.common.log_level);
  reader.Optional("admin_address", &config.common.admin_address);
  reader.Optional("ports_file", &config.common.ports_file);
  reader.Optional("listen", &config.listen);
  reader.Optional("threads", &config.threads, 1, 64);
  reader.Optional("redis.address", &config.redis.address);
  reader.Optional("redis.user", &config.redis.user);
  reader.Secret("redis.password", &config.redis.password);
  reader.Optional("shards", &config.shards);
  reader.Optional("events.bind", &config.events_bind);
  reader.Optional("events.subscribe", &config.events_subscribe);
  for (const char* source : {"logistics", "after_sales"}) {
    reader.Optional(std::string("sources.") + source, &config.sources[source]);
  }
  reader.Required("blobs.folder", &config.blobs_folder);
  reader.Secret("master_keys", &master_keys, true);
  reader.Optional("reopen_window_ms", &config.reopen_window_ms, 0, kYearMs);
  reader.Optional("archive_after_ms", &config.archive_after_ms, 0, kYearMs);
  reader.Optional("sweep_interval_ms", &config.sweep_interval_ms, 100, 3'600'000);
  KEFU_RETURN_IF_ERROR(reader.Finish());
  KEFU_ASSIGN_OR_RETURN(config.master_keys, seal::MasterKeys::Parse(master_keys));
  return config;
}

}  // namespace kefu::inquiries
