// What the edge answers to an HTTP request: API calls in the Connect protocol, preflights, static
// files. Knows HTTP's meaning, not its bytes (connection.h) and not the rules of calls
// (dispatcher.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/edge/connect_protocol.h"
#include "gateway/edge/dispatcher.h"
#include "gateway/edge/exchange.h"
#include "gateway/edge/origin.h"
#include "gateway/edge/peer_address.h"
#include "gateway/edge/static_files.h"

namespace kefu::gateway {

// Thread-safe; outlives every exchange.
class HttpFront {
 public:
  HttpFront(Dispatcher& dispatcher, OriginPolicy origin_policy, TrustedProxies proxies,
            StaticFiles files)
      : dispatcher_(dispatcher),
        origin_policy_(std::move(origin_policy)),
        proxies_(std::move(proxies)),
        files_(std::move(files)) {}

  // Answers the request, whatever it is. `exchange` outlives the task.
  Task<> Handle(HttpRequest request, Exchange& exchange);

  const TrustedProxies& proxies() const { return proxies_; }

 private:
  // What the answers to one request have in common.
  struct Reply {
    std::string traceparent;
    // The page that may read the answer; empty if it is the server's own, or no page asked.
    std::string cors_origin;
  };

  Task<> HandleApi(HttpRequest request, Reply reply, Exchange& exchange);
  Task<> HandleUnary(Call call, Reply reply, Exchange& exchange);
  Task<> HandleStream(absl::StatusOr<Call> call, Codec codec, Reply reply, Exchange& exchange);
  Task<bool> MayCall(std::string origin, std::string host);
  // An answer that needs no call: preflight, wrong method, unknown path, wrong content type.
  std::optional<HttpResponse> WithoutCall(const HttpRequest& request, const Reply& reply) const;
  absl::StatusOr<Call> ToCall(HttpRequest request, connect::ContentType type,
                              const Reply& reply) const;
  HttpResponse ServeFile(const HttpRequest& request) const;

  Dispatcher& dispatcher_;
  const OriginPolicy origin_policy_;
  const TrustedProxies proxies_;
  const StaticFiles files_;
};

// "/package.Service/Method": what belongs to the API, whether there is such a method or not.
bool IsApiPath(std::string_view path);

}  // namespace kefu::gateway
