#include "gateway/edge/http_front.h"

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/base/trace.h"

namespace kefu::gateway {
namespace {

HttpResponse Refused(int http_status, absl::StatusCode code, std::string_view reason,
                     std::string_view message) {
  return connect::ErrorResponse(Error(code, reason, message), http_status);
}

HttpResponse OriginNotAllowed() {
  return Refused(
      403, absl::StatusCode::kPermissionDenied, "ORIGIN_NOT_ALLOWED",
      "Pages of this origin may not call; an administrator of the shop can add the origin.");
}

HttpResponse TokenInUrl() {
  return Refused(400, absl::StatusCode::kInvalidArgument, "TOKEN_IN_URL",
                 "Send the token in the Authorization header, never in a URL; get a new one, for "
                 "this one may be in logs now.");
}

HttpResponse MethodNotAllowed(std::string_view allow) {
  HttpResponse response = Refused(405, absl::StatusCode::kUnimplemented, "HTTP_METHOD_NOT_ALLOWED",
                                  "Use one of the methods of the Allow header.");
  response.headers.Add("Allow", allow);
  return response;
}

HttpResponse UnsupportedContentType(bool stream) {
  HttpResponse response =
      Refused(415, absl::StatusCode::kInvalidArgument, "UNSUPPORTED_CONTENT_TYPE",
              "Send one of the content types of the Accept-Post header.");
  response.headers.Add("Accept-Post", connect::AcceptPost(stream));
  return response;
}

// The trace id of a traceparent ("00-<trace id>-<span id>-<flags>"): what people quote when they
// report a failure.
std::string_view TraceId(std::string_view traceparent) {
  return traceparent.size() >= 35 ? traceparent.substr(3, 32) : std::string_view();
}

void AddCommonHeaders(HttpResponse& response, std::string_view traceparent,
                      std::string_view cors_origin) {
  response.headers.Add("X-Request-Id", TraceId(traceparent));
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.headers.Add("Cache-Control", "no-store");
  // A preflight's answer has them already.
  if (!cors_origin.empty() && !response.headers.Has("Access-Control-Allow-Origin")) {
    AddCorsHeaders(response, cors_origin);
  }
}

}  // namespace

bool IsApiPath(std::string_view path) {
  if (path.empty() || path.front() != '/') return false;
  path.remove_prefix(1);
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos || path.find('/', slash + 1) != std::string_view::npos)
    return false;
  const std::string_view service = path.substr(0, slash);
  // A package and a service; "/assets/index-5f2c.js" has its dot behind the slash.
  return service.find('.') != std::string_view::npos && service.front() != '.' &&
         slash + 1 < path.size();
}

Task<> HttpFront::Handle(std::unique_ptr<HttpRequest> request, Exchange& exchange) {
  std::string traceparent = TraceparentOrNew(request->headers.Get("traceparent"));
  if (HasTokenInQuery(request->query)) {
    HttpResponse response = TokenInUrl();
    AddCommonHeaders(response, traceparent, {});
    return exchange.Respond(std::move(response));
  }
  if (const RawRoute* const route = FindRaw(request->path)) {
    RawRequest raw;
    raw.peer = proxies_.ClientOf(request->peer, request->headers.GetJoined("x-forwarded-for"));
    raw.traceparent = std::move(traceparent);
    raw.http = std::move(*request);
    return HandleRaw(*route, std::move(raw), exchange);
  }
  if (!IsApiPath(request->path)) {
    HttpResponse response = ServeFile(*request);
    response.headers.Add("X-Request-Id", TraceId(traceparent));
    return exchange.Respond(std::move(response));
  }
  auto asked = std::make_unique<Asked>();
  asked->request = std::move(*request);
  asked->traceparent = std::move(traceparent);
  return HandleApi(std::move(asked), exchange);
}

const RawRoute* HttpFront::FindRaw(std::string_view path) const {
  const auto found =
      std::find_if(raw_routes_.begin(), raw_routes_.end(), [path](const RawRoute& route) {
        return path.substr(0, route.prefix.size()) == route.prefix;
      });
  return found == raw_routes_.end() ? nullptr : &*found;
}

Task<> HttpFront::HandleRaw(const RawRoute& route, RawRequest request, Exchange& exchange) {
  const std::string traceparent = request.traceparent;
  HttpResponse response = co_await route.handler(std::move(request));
  AddCommonHeaders(response, traceparent, {});
  co_await exchange.Respond(std::move(response));
}

uint64_t HttpFront::LargestBody(uint64_t usual) const {
  uint64_t largest = dispatcher_.LargestBody(usual);
  for (const RawRoute& route : raw_routes_) largest = std::max(largest, route.max_body_bytes);
  return largest;
}

uint64_t HttpFront::BodyLimit(std::string_view target, uint64_t usual) const {
  const std::string path = SplitTarget(target).first;
  if (const RawRoute* const route = FindRaw(path)) return route->max_body_bytes;
  return IsApiPath(path) ? dispatcher_.BodyLimit(std::string_view(path).substr(1), usual) : usual;
}

HttpResponse HttpFront::ServeFile(const HttpRequest& request) const {
  if (request.method == "GET" || request.method == "HEAD") return files_.Serve(request);
  if (files_.Has(request.path)) return MethodNotAllowed("GET, HEAD");
  return connect::ErrorResponse(Dispatcher::MethodUnknown(request.path), 404);
}

Task<> HttpFront::HandleApi(AskedPtr asked, Exchange& exchange) {
  const bool to_call = co_await Gate(*asked, exchange);
  if (!to_call) co_return;
  const bool streams = asked->type.stream;
  Task<> task =
      streams ? HandleStream(std::move(asked), exchange) : HandleUnary(std::move(asked), exchange);
  co_await std::move(task);
}

Task<bool> HttpFront::Gate(Asked& asked, Exchange& exchange) {
  std::optional<HttpResponse> answer;
  if (asked.request.headers.Has("origin")) {
    std::string origin(asked.request.headers.Get("origin"));
    std::string host(asked.request.headers.Get("host"));
    const bool may_call = co_await MayCall(origin, host);
    if (!may_call) answer = OriginNotAllowed();
    if (may_call && !IsSameOrigin(origin, host)) asked.cors_origin = std::move(origin);
  }
  if (!answer) answer = WithoutCall(asked);
  if (!answer) co_return true;
  AddCommonHeaders(*answer, asked.traceparent, asked.cors_origin);
  co_await exchange.Respond(std::move(*answer));
  co_return false;
}

Task<bool> HttpFront::MayCall(std::string origin, std::string host) {
  if (IsSameOrigin(origin, host)) co_return true;
  if (!origin_policy_) co_return false;
  co_return co_await origin_policy_(std::move(origin));
}

std::optional<HttpResponse> HttpFront::WithoutCall(Asked& asked) const {
  const HttpRequest& request = asked.request;
  if (IsPreflight(request)) return PreflightResponse(request.headers.Get("origin"));
  if (request.method != "POST") return MethodNotAllowed("POST, OPTIONS");
  const std::string_view path = std::string_view(request.path).substr(1);
  const Method* method = dispatcher_.Find(path);
  if (method == nullptr) return connect::ErrorResponse(Dispatcher::MethodUnknown(path), 404);
  const auto type = connect::ParseContentType(request.headers.Get("content-type"));
  const bool streams = static_cast<bool>(method->stream);
  if (!type || type->stream != streams) return UnsupportedContentType(streams);
  asked.type = *type;
  return std::nullopt;
}

absl::StatusOr<CallPtr> HttpFront::ToCall(Asked& asked) const {
  HttpRequest& request = asked.request;
  KEFU_RETURN_IF_ERROR(connect::CheckHeaders(request.headers, asked.type.stream));
  auto call = std::make_unique<Call>();
  KEFU_ASSIGN_OR_RETURN(call->timeout_ms, connect::ParseTimeout(request.headers));
  call->path = request.path.substr(1);
  call->bearer = std::string(BearerToken(request.headers.Get("authorization")));
  call->peer = proxies_.ClientOf(request.peer, request.headers.GetJoined("x-forwarded-for"));
  call->traceparent = asked.traceparent;
  call->codec = asked.type.codec;
  if (asked.type.stream) {
    KEFU_ASSIGN_OR_RETURN(const std::string_view message, connect::OnlyMessage(request.body));
    call->body = std::string(message);
  } else {
    call->body = std::move(request.body);
  }
  return call;
}

Task<> HttpFront::HandleUnary(AskedPtr asked, Exchange& exchange) {
  absl::StatusOr<std::string> body;
  absl::StatusOr<CallPtr> call = ToCall(*asked);
  if (call.ok()) {
    absl::StatusOr<MessagePtr> answer = co_await dispatcher_.Unary(std::move(*call));
    body = answer.ok() ? Encode(asked->type.codec, **answer) : answer.status();
  } else {
    body = call.status();
  }
  HttpResponse response;
  if (body.ok()) {
    response.headers.Add("Content-Type", connect::ContentTypeName(asked->type));
    response.body = std::move(*body);
  } else {
    response = connect::ErrorResponse(body.status());
  }
  AddCommonHeaders(response, asked->traceparent, asked->cors_origin);
  co_await exchange.Respond(std::move(response));
}

Task<> HttpFront::HandleStream(AskedPtr asked, Exchange& exchange) {
  const std::unique_ptr<ConnectStream> stream = NewStream(*asked, exchange);
  absl::StatusOr<CallPtr> call = ToCall(*asked);
  asked.reset();
  absl::Status status = call.status();
  if (status.ok()) status = co_await dispatcher_.Stream(std::move(*call), *stream);
  co_await stream->Finish(std::move(status));
}

std::unique_ptr<ConnectStream> HttpFront::NewStream(const Asked& asked, Exchange& exchange) const {
  HttpResponse head;
  head.headers.Add("Content-Type", connect::ContentTypeName(asked.type));
  // nginx would hold frames back until its buffer is full.
  head.headers.Add("X-Accel-Buffering", "no");
  AddCommonHeaders(head, asked.traceparent, asked.cors_origin);
  return std::make_unique<ConnectStream>(exchange, asked.type.codec, std::move(head));
}

}  // namespace kefu::gateway
