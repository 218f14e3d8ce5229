// Which web pages may call the API from a browser. Pure but for the policy, which knows the shops'
// origins.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "gateway/edge/http_message.h"
#include "services/common/base/task.h"

namespace kefu::gateway {

// Whether pages of this origin ("https://shop.example") may call. Called from any io thread.
using OriginPolicy = std::function<Task<bool>(std::string origin)>;

// The origin is that of the page's own server: its authority equals the Host header's. The scheme
// is not compared, for behind a TLS proxy the edge does not know it.
bool IsSameOrigin(std::string_view origin, std::string_view host);

// OPTIONS with the headers of a CORS preflight.
bool IsPreflight(const HttpRequest& request);
// 204 with what the Connect protocol's clients send.
HttpResponse PreflightResponse(std::string_view origin);
// Lets the page of that origin read the response.
void AddCorsHeaders(HttpResponse& response, std::string_view origin);

}  // namespace kefu::gateway
