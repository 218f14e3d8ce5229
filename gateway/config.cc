#include "gateway/config.h"

#include <utility>

#include "services/common/base/status.h"
#include "services/common/config/reader.h"

namespace kefu::gateway {
namespace {

constexpr int64_t kDayMs = 24 * 3600 * 1000;

// Reads a whole number into a field of whatever integer type.
template <class Int>
void ReadNumber(config::Reader& reader, std::string_view path, Int* field, int64_t min,
                int64_t max) {
  auto value = static_cast<int64_t>(*field);
  reader.Optional(path, &value, min, max);
  *field = static_cast<Int>(value);
}

// One set of limits for both doors.
void ShareLimits(Config* config) {
  config->grpc.trusted_proxies = config->http.trusted_proxies;
  config->grpc.max_metadata_bytes = config->http.max_header_bytes;
  config->grpc.max_message_bytes = config->http.max_body_bytes;
  config->grpc.read_timeout_ms = config->http.read_timeout_ms;
  config->grpc.write_timeout_ms = config->http.write_timeout_ms;
  config->grpc.max_calls = config->http.max_connections;
}

void ReadLimits(config::Reader& reader, Config* config) {
  HttpConfig& http = config->http;
  ReadNumber(reader, "limits.header_bytes", &http.max_header_bytes, 1024, 1 << 20);
  ReadNumber(reader, "limits.body_bytes", &http.max_body_bytes, 1024, 64 << 20);
  ReadNumber(reader, "limits.read_timeout_ms", &http.read_timeout_ms, 10, kDayMs);
  ReadNumber(reader, "limits.idle_timeout_ms", &http.idle_timeout_ms, 10, kDayMs);
  ReadNumber(reader, "limits.write_timeout_ms", &http.write_timeout_ms, 10, kDayMs);
  ReadNumber(reader, "limits.connections", &http.max_connections, 1, 10'000'000);
  ReadNumber(reader, "limits.connections_per_address", &http.max_connections_per_address, 1,
             10'000'000);
  ReadNumber(reader, "limits.buyer_messages_per_10s", &config->rate_limits.buyer_messages.count, 1,
             1'000'000);
  ReadNumber(reader, "limits.buyer_sessions_per_minute", &config->rate_limits.buyer_sessions.count,
             1, 1'000'000);
  ReadNumber(reader, "limits.buyer_writes_per_10s", &config->rate_limits.buyer_writes.count, 1,
             1'000'000);
  ReadNumber(reader, "limits.buyer_reads_per_10s", &config->rate_limits.buyer_reads.count, 1,
             1'000'000);
  ReadNumber(reader, "limits.pushes_per_10s", &config->rate_limits.pushes.count, 1, 1'000'000);
  ReadNumber(reader, "limits.sign_ins_per_minute", &config->sign_in_attempts.attempts, 1,
             1'000'000);
}

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view yaml) {
  Config config;
  config::Reader reader(yaml);
  reader.Optional("log_level", &config.common.log_level);
  reader.Optional("admin_address", &config.common.admin_address);
  reader.Optional("ports_file", &config.common.ports_file);
  reader.Required("listen", &config.http.listen);
  reader.Optional("threads", &config.threads, 1, 64);
  reader.Optional("redis.address", &config.redis.address);
  reader.Optional("redis.user", &config.redis.user);
  reader.Secret("redis.password", &config.redis.password);
  reader.Optional("shards", &config.shards);
  reader.Optional("inquiries", &config.inquiries);
  for (const std::string service : kForwarded) {
    std::vector<std::string> addresses;
    reader.Optional("services." + service, &addresses);
    if (!addresses.empty()) config.services[service] = std::move(addresses);
  }
  reader.Optional("internal_listen", &config.internal_listen);
  reader.Required("events.bind", &config.events_bind);
  reader.Optional("events.subscribe", &config.events_subscribe);
  reader.Secret("operator_key", &config.operator_key, /*required=*/true);
  reader.Secret("token_keys", &config.token_keys, /*required=*/true);
  reader.Secret("master_keys", &config.master_keys, /*required=*/true);
  reader.Optional("web_root", &config.http.web_root);
  reader.Optional("trusted_proxies", &config.http.trusted_proxies);
  reader.Optional("grpc.listen", &config.grpc.listen);
  reader.Optional("grpc.reflection", &config.grpc.reflection);
  reader.Optional("lease_ms", &config.routing.lease_ms, 100, kDayMs);
  reader.Optional("orphan_grace_ms", &config.routing.orphan_grace_ms, 100, kDayMs);
  reader.Optional("buyer_grace_ms", &config.routing.buyer_grace_ms, 100, kDayMs);
  ReadLimits(reader, &config);
  ShareLimits(&config);
  KEFU_RETURN_IF_ERROR(reader.Finish());
  if (config.redis.address.empty() == config.shards.empty()) {
    return Error(absl::StatusCode::kInvalidArgument, "BAD_CONFIG",
                 "Set either redis.address (one Redis for everything) or shards (a file).");
  }
  if (config.inquiries.empty()) {
    return Error(absl::StatusCode::kInvalidArgument, "BAD_CONFIG",
                 "Set inquiries to the gRPC addresses of all kefu-inquiries.");
  }
  return config;
}

}  // namespace kefu::gateway
