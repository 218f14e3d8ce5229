// What the edge answers to an HTTP request: API calls in the Connect protocol, preflights, raw
// routes, static files. Knows HTTP's meaning, not its bytes (connection.h) and not the rules of
// calls (dispatcher.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/edge/connect_protocol.h"
#include "gateway/edge/connect_stream.h"
#include "gateway/edge/dispatcher.h"
#include "gateway/edge/exchange.h"
#include "gateway/edge/origin.h"
#include "gateway/edge/peer_address.h"
#include "gateway/edge/raw_route.h"
#include "gateway/edge/static_files.h"

namespace kefu::gateway {

// Thread-safe; outlives every exchange.
class HttpFront {
 public:
  HttpFront(Dispatcher& dispatcher, OriginPolicy origin_policy, TrustedProxies proxies,
            StaticFiles files, std::vector<RawRoute> raw_routes = {})
      : dispatcher_(dispatcher),
        origin_policy_(std::move(origin_policy)),
        proxies_(std::move(proxies)),
        files_(std::move(files)),
        raw_routes_(std::move(raw_routes)) {}

  // Answers the request, whatever it is. `exchange` outlives the task.
  Task<> Handle(std::unique_ptr<HttpRequest> request, Exchange& exchange);

  // How large the body of a request may be, in general and to this target.
  uint64_t LargestBody(uint64_t usual) const;
  uint64_t BodyLimit(std::string_view target, uint64_t usual) const;

  const TrustedProxies& proxies() const { return proxies_; }

 private:
  // A request to the API on its way to a Call. On the heap and given up before a stream begins, for
  // frames of coroutines live as long as the stream.
  struct Asked {
    HttpRequest request;
    std::string traceparent;
    // The page that may read the answer; empty if it is the server's own, or no page asked.
    std::string cors_origin;
    connect::ContentType type;
  };
  using AskedPtr = std::unique_ptr<Asked>;

  const RawRoute* FindRaw(std::string_view path) const;
  Task<> HandleRaw(const RawRoute& route, RawRequest request, Exchange& exchange);
  Task<> HandleApi(AskedPtr asked, Exchange& exchange);
  // Whether a call is to be made; if not, the request has been answered.
  Task<bool> Gate(Asked& asked, Exchange& exchange);
  Task<bool> MayCall(std::string origin, std::string host);
  // An answer that needs no call: preflight, wrong method, unknown path, wrong content type.
  std::optional<HttpResponse> WithoutCall(Asked& asked) const;
  absl::StatusOr<CallPtr> ToCall(Asked& asked) const;
  Task<> HandleUnary(AskedPtr asked, Exchange& exchange);
  Task<> HandleStream(AskedPtr asked, Exchange& exchange);
  std::unique_ptr<ConnectStream> NewStream(const Asked& asked, Exchange& exchange) const;
  HttpResponse ServeFile(const HttpRequest& request) const;

  Dispatcher& dispatcher_;
  OriginPolicy origin_policy_;
  TrustedProxies proxies_;
  StaticFiles files_;
  std::vector<RawRoute> raw_routes_;
};

// "/package.Service/Method": what belongs to the API, whether there is such a method or not.
bool IsApiPath(std::string_view path);

}  // namespace kefu::gateway
