// The gateway's configuration: one YAML file (an annotated one stands in
// deploy/config/gateway.yaml.in).
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/attempt_limiter.h"
#include "gateway/edge/grpc_front.h"
#include "gateway/edge/http_config.h"
#include "gateway/edge/rate_limiter.h"
#include "gateway/routing/router.h"
#include "services/common/redis/client.h"
#include "services/common/server/process.h"

namespace kefu::gateway {

// The services whose own methods are the public ones.
inline constexpr std::array kForwarded = {"orders", "logistics", "after_sales", "records"};

struct Config {
  server::CommonConfig common;
  int64_t threads = 2;
  // Either one Redis for everything, or a shard file (services/common/redis/shard_map.h).
  redis::Endpoint redis;
  std::string shards;
  // gRPC addresses of all kefu-inquiries.
  std::vector<std::string> inquiries;
  // gRPC addresses of the services whose methods are handed on, by name (kForwarded); those that
  // are missing are answered for with UNAVAILABLE.
  std::map<std::string, std::vector<std::string>> services;
  // gRPC for the other services: the logs of directory and routing. Empty: in-process only.
  std::string internal_listen = "127.0.0.1:0";
  // ZeroMQ endpoints: this process's own, and those of all inquiries and all gateways.
  std::string events_bind;
  std::vector<std::string> events_subscribe;
  // Contents of the files, not their names.
  std::string operator_key;
  std::string token_keys;
  std::string master_keys;
  HttpConfig http;
  // What both doors have in common is taken from `http`.
  GrpcConfig grpc;
  RateLimits rate_limits;
  auth::AttemptLimits sign_in_attempts;
  routing::Router::Options routing;
};

absl::StatusOr<Config> ParseConfig(std::string_view yaml);

}  // namespace kefu::gateway
