// HTTP/1.1 over TCP for the Connect client: POST with keep-alive, and answers that stream. The only
// place of kefuctl that knows Boost.Beast, which is why nothing of it shows here.
//
// Threads: everything on the one thread that runs the executor.
// Errors: UNAVAILABLE, reason GATEWAY_UNREACHABLE: nothing was sent. UNAVAILABLE, reason
// OUTCOME_UNKNOWN: the connection broke or the time was up after sending began.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/task.h"

namespace kefu::ctl {

struct HttpRequest {
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::string content_type;
  std::string body;
};

// The body of one answer as it comes. Destroying it closes the connection.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // Some more bytes, at least one; empty at the end. UNAVAILABLE if the connection broke or nothing
  // came for `silence_ms`.
  virtual Task<absl::StatusOr<std::string>> Read(int64_t silence_ms) = 0;
  // Ends a Read that waits; there is nothing to read afterwards.
  virtual void Close() = 0;
};

// `stream` is set if the status is 200; else `response` is whole.
struct StreamStart {
  HttpResponse response;
  std::unique_ptr<HttpStream> stream;
};

class HttpClient {
 public:
  explicit HttpClient(Executor executor);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `address` is "host:port". Takes an idle connection to it or makes one.
  Task<absl::StatusOr<HttpResponse>> Post(std::string address, HttpRequest request,
                                          int64_t timeout_ms);
  // On a connection of its own; `timeout_ms` is for the answer's head.
  Task<absl::StatusOr<StreamStart>> PostStreaming(std::string address, HttpRequest request,
                                                  int64_t timeout_ms);

 private:
  class Connection;
  // A connection that the server has not closed meanwhile; null if there is none.
  std::unique_ptr<Connection> TakeIdle(const std::string& address);
  Task<absl::StatusOr<std::unique_ptr<Connection>>> Connect(std::string address,
                                                            int64_t timeout_ms);

  Executor executor_;
  std::map<std::string, std::vector<std::unique_ptr<Connection>>> idle_;
};

}  // namespace kefu::ctl
