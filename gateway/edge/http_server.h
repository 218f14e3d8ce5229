// The HTTP/1.1 front door: accepts connections and serves them on the process's event loops.
//
//   KEFU_ASSIGN_OR_RETURN(auto server, HttpServer::Create(config, {dispatcher, io, metrics,
//   origin_policy})); KEFU_ASSIGN_OR_RETURN(std::string address, server->Start());   //
//   "127.0.0.1:40123" … server->Drain(8000); server->Stop();
//
// Threads: Create, Start, Drain and Stop from one thread that is not an event loop. Ownership: the
// dispatcher, the loops and the metrics outlive the server; a handler that is still running after
// Stop ends with its loop, so stop the loops before destroying what handlers use.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/edge/dispatcher.h"
#include "gateway/edge/http_config.h"
#include "gateway/edge/origin.h"
#include "gateway/edge/raw_route.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/io_threads.h"

namespace kefu::gateway {

struct HttpServerDeps {
  Dispatcher& dispatcher;
  server::IoThreads& io;
  metrics::Metrics& metrics;
  // May be empty: then only same-origin pages may call.
  OriginPolicy origin_policy;
  std::vector<RawRoute> raw_routes = {};
};

class HttpServer {
 public:
  // Loads the static files. INVALID_ARGUMENT or what StaticFiles::Load answers.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Create(const HttpConfig& config,
                                                            const HttpServerDeps& deps);
  // Stops, if that has not been done.
  ~HttpServer();

  // Binds and begins to accept; the address with the port in use. UNAVAILABLE LISTEN_FAILED.
  absl::StatusOr<std::string> Start();
  // Accepts nothing more, closes idle connections, tells streams (StreamWriter::OnGone), lets calls
  // finish. Returns when all connections are closed or the time is up.
  void Drain(int64_t bound_ms);
  // Cuts what is left.
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::shared_ptr<Impl> impl);
  // Shared with the accepting coroutine.
  std::shared_ptr<Impl> impl_;
};

}  // namespace kefu::gateway
