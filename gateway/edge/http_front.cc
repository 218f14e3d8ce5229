#include "gateway/edge/http_front.h"

#include <algorithm>
#include <utility>

#include "gateway/edge/connect_stream.h"
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

Task<> HttpFront::Handle(HttpRequest request, Exchange& exchange) {
  Reply reply;
  reply.traceparent = TraceparentOrNew(request.headers.Get("traceparent"));
  if (HasTokenInQuery(request.query)) {
    HttpResponse response =
        Refused(400, absl::StatusCode::kInvalidArgument, "TOKEN_IN_URL",
                "Send the token in the Authorization header, never in a URL; get a new one, for "
                "this one may be in logs now.");
    AddCommonHeaders(response, reply.traceparent, {});
    co_await exchange.Respond(std::move(response));
    co_return;
  }
  if (IsApiPath(request.path)) {
    co_await HandleApi(std::move(request), std::move(reply), exchange);
    co_return;
  }
  HttpResponse response = ServeFile(request);
  response.headers.Add("X-Request-Id", TraceId(reply.traceparent));
  co_await exchange.Respond(std::move(response));
}

HttpResponse HttpFront::ServeFile(const HttpRequest& request) const {
  if (request.method == "GET" || request.method == "HEAD") return files_.Serve(request);
  if (files_.Has(request.path)) return MethodNotAllowed("GET, HEAD");
  return connect::ErrorResponse(Dispatcher::MethodUnknown(request.path), 404);
}

Task<bool> HttpFront::MayCall(std::string origin, std::string host) {
  if (IsSameOrigin(origin, host)) co_return true;
  if (!origin_policy_) co_return false;
  co_return co_await origin_policy_(std::move(origin));
}

Task<> HttpFront::HandleApi(HttpRequest request, Reply reply, Exchange& exchange) {
  std::optional<HttpResponse> answer;
  if (request.headers.Has("origin")) {
    std::string origin(request.headers.Get("origin"));
    std::string host(request.headers.Get("host"));
    const bool may_call = co_await MayCall(origin, host);
    if (!may_call) answer = OriginNotAllowed();
    if (may_call && !IsSameOrigin(origin, host)) reply.cors_origin = std::move(origin);
  }
  if (!answer) answer = WithoutCall(request, reply);
  if (answer) {
    AddCommonHeaders(*answer, reply.traceparent, reply.cors_origin);
    co_await exchange.Respond(std::move(*answer));
    co_return;
  }
  const connect::ContentType type = *connect::ParseContentType(request.headers.Get("content-type"));
  absl::StatusOr<Call> call = ToCall(std::move(request), type, reply);
  if (type.stream) {
    co_await HandleStream(std::move(call), type.codec, std::move(reply), exchange);
  } else if (call.ok()) {
    co_await HandleUnary(std::move(*call), std::move(reply), exchange);
  } else {
    HttpResponse response = connect::ErrorResponse(call.status());
    AddCommonHeaders(response, reply.traceparent, reply.cors_origin);
    co_await exchange.Respond(std::move(response));
  }
}

std::optional<HttpResponse> HttpFront::WithoutCall(const HttpRequest& request,
                                                   const Reply& reply) const {
  if (IsPreflight(request)) {
    return PreflightResponse(reply.cors_origin.empty() ? request.headers.Get("origin")
                                                       : std::string_view(reply.cors_origin));
  }
  if (request.method != "POST") return MethodNotAllowed("POST, OPTIONS");
  const std::string_view path = std::string_view(request.path).substr(1);
  const Method* method = dispatcher_.Find(path);
  if (method == nullptr) return connect::ErrorResponse(Dispatcher::MethodUnknown(path), 404);
  const auto type = connect::ParseContentType(request.headers.Get("content-type"));
  const bool streams = static_cast<bool>(method->stream);
  if (!type || type->stream != streams) return UnsupportedContentType(streams);
  return std::nullopt;
}

absl::StatusOr<Call> HttpFront::ToCall(HttpRequest request, connect::ContentType type,
                                       const Reply& reply) const {
  KEFU_RETURN_IF_ERROR(connect::CheckHeaders(request.headers, type.stream));
  Call call;
  KEFU_ASSIGN_OR_RETURN(call.timeout_ms, connect::ParseTimeout(request.headers));
  call.path = request.path.substr(1);
  call.bearer = std::string(BearerToken(request.headers.Get("authorization")));
  call.peer = proxies_.ClientOf(request.peer, request.headers.GetJoined("x-forwarded-for"));
  call.traceparent = reply.traceparent;
  call.codec = type.codec;
  call.body = std::move(request.body);
  if (type.stream) {
    KEFU_ASSIGN_OR_RETURN(const std::string_view message, connect::OnlyMessage(call.body));
    call.body = std::string(message);
  }
  return call;
}

Task<> HttpFront::HandleUnary(Call call, Reply reply, Exchange& exchange) {
  const Codec codec = call.codec;
  absl::StatusOr<MessagePtr> answer = co_await dispatcher_.Unary(std::move(call));
  absl::StatusOr<std::string> body = answer.ok() ? Encode(codec, **answer) : answer.status();
  HttpResponse response;
  if (body.ok()) {
    connect::ContentType type;
    type.codec = codec;
    response.headers.Add("Content-Type", connect::ContentTypeName(type));
    response.body = std::move(*body);
  } else {
    response = connect::ErrorResponse(body.status());
  }
  AddCommonHeaders(response, reply.traceparent, reply.cors_origin);
  co_await exchange.Respond(std::move(response));
}

Task<> HttpFront::HandleStream(absl::StatusOr<Call> call, Codec codec, Reply reply,
                               Exchange& exchange) {
  connect::ContentType type;
  type.codec = codec;
  type.stream = true;
  HttpResponse head;
  head.headers.Add("Content-Type", connect::ContentTypeName(type));
  // nginx would hold frames back until its buffer is full.
  head.headers.Add("X-Accel-Buffering", "no");
  AddCommonHeaders(head, reply.traceparent, reply.cors_origin);
  ConnectStream stream(exchange, codec, std::move(head));
  absl::Status status = call.status();
  if (call.ok()) status = co_await dispatcher_.Stream(std::move(*call), stream);
  co_await stream.Finish(std::move(status));
}

}  // namespace kefu::gateway
