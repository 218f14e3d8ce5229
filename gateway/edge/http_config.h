// How the HTTP edge is set up. Plain values; the gateway's configuration fills them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kefu::gateway {

struct HttpConfig {
  // "127.0.0.1:9202", "[::]:9202"; port 0 picks one.
  std::string listen = "127.0.0.1:0";
  // Folder of the web apps; empty: none are served.
  std::string web_root;
  // Addresses or networks whose X-Forwarded-For is believed.
  std::vector<std::string> trusted_proxies;

  uint32_t max_header_bytes = 16 << 10;
  uint64_t max_body_bytes = 64 << 10;
  // For the headers of a request from its first byte on, and again for its body. Also for a new
  // connection's first byte.
  int64_t read_timeout_ms = 10'000;
  // For the next request on a connection.
  int64_t idle_timeout_ms = 75'000;
  // For a client to take what is sent to it, per 64 KiB.
  int64_t write_timeout_ms = 30'000;

  size_t max_connections = 10'000;
  // Of one address that is not a trusted proxy.
  size_t max_connections_per_address = 256;
};

}  // namespace kefu::gateway
