// A part of the public port that does not speak the API's protocol, e.g. what carriers push to. Its
// handler sees the request as it came and answers it as it pleases; the connection's bounds hold
// for it like for any other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "gateway/edge/http_message.h"
#include "services/common/base/task.h"

namespace kefu::gateway {

struct RawRequest {
  HttpRequest http;
  // The client's address without the port; forwarding headers are believed from trusted proxies
  // only.
  std::string peer;
  std::string traceparent;
};

struct RawRoute {
  // Paths that begin with it belong to the route: "/webhooks/".
  std::string prefix;
  uint64_t max_body_bytes = 0;
  // Any method, also GET. Thread-safe; outlives the front.
  std::function<Task<HttpResponse>(RawRequest)> handler;
};

}  // namespace kefu::gateway
