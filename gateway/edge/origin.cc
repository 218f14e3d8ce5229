#include "gateway/edge/origin.h"

namespace kefu::gateway {
namespace {

// "host:port" without the port that is the scheme's own.
std::string_view WithoutDefaultPort(std::string_view authority, std::string_view port) {
  if (authority.size() > port.size() && authority.substr(authority.size() - port.size()) == port) {
    authority.remove_suffix(port.size());
  }
  return authority;
}

}  // namespace

bool IsSameOrigin(std::string_view origin, std::string_view host) {
  std::string_view default_port = ":80";
  if (EqualsIgnoringCase(origin.substr(0, 7), "http://")) {
    origin.remove_prefix(7);
  } else if (EqualsIgnoringCase(origin.substr(0, 8), "https://")) {
    origin.remove_prefix(8);
    default_port = ":443";
  } else {
    return false;
  }
  if (host.empty()) return false;
  return EqualsIgnoringCase(WithoutDefaultPort(origin, default_port),
                            WithoutDefaultPort(host, default_port));
}

bool IsPreflight(const HttpRequest& request) {
  return request.method == "OPTIONS" && request.headers.Has("origin") &&
         request.headers.Has("access-control-request-method");
}

HttpResponse PreflightResponse(std::string_view origin) {
  HttpResponse response;
  response.status = 204;
  AddCorsHeaders(response, origin);
  response.headers.Add("Access-Control-Allow-Methods", "POST");
  response.headers.Add("Access-Control-Allow-Headers",
                       "Authorization, Content-Type, Connect-Protocol-Version, Connect-Timeout-Ms, "
                       "Traceparent, X-User-Agent");
  response.headers.Add("Access-Control-Max-Age", "7200");
  return response;
}

void AddCorsHeaders(HttpResponse& response, std::string_view origin) {
  response.headers.Add("Access-Control-Allow-Origin", origin);
  response.headers.Add("Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
  response.headers.Add("Vary", "Origin");
}

}  // namespace kefu::gateway
