#include "gateway/webhooks/push_endpoint.h"

#include <sodium.h>

#include <array>
#include <optional>
#include <utility>

#include "gateway/directory/key_ring.h"
#include "gateway/edge/connect_protocol.h"
#include "gateway/webhooks/signatures.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::webhooks {
namespace {

constexpr std::string_view kPrefix = "/webhooks/";
constexpr int64_t kDeadlineMs = 3000;
constexpr int64_t kRetryMs = 5000;
// Addresses remembered; aggregators push from few.
constexpr size_t kMaxAddresses = 2000;

HttpResponse Refused(int http_status, absl::StatusCode code, std::string_view reason,
                     std::string_view message) {
  return connect::ErrorResponse(Error(code, reason, message), http_status);
}

HttpResponse NotFound() { return connect::ErrorResponse(NoSuchWebhook(), 404); }

HttpResponse MethodNotAllowed() {
  HttpResponse response =
      Refused(405, absl::StatusCode::kUnimplemented, "HTTP_METHOD_NOT_ALLOWED", "Push with POST.");
  response.headers.Add("Allow", "POST");
  return response;
}

struct Target {
  ShopId shop;
  WebhookId webhook;
};

// "/webhooks/<shop>/<webhook>"
std::optional<Target> ParseTarget(std::string_view path) {
  path.remove_prefix(kPrefix.size());
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto shop = ShopId::Parse(path.substr(0, slash));
  const auto webhook = WebhookId::Parse(path.substr(slash + 1));
  if (!shop.ok() || !webhook.ok()) return std::nullopt;
  return Target{*shop, *webhook};
}

// Without its parameters.
bool IsOfType(const Headers& headers, std::string_view type) {
  const std::string_view said = headers.Get("content-type");
  return EqualsIgnoringCase(TrimBlanks(said.substr(0, said.find(';'))), type);
}

std::string_view ContentTypeOf(std::string_view source) {
  return source == "kuaidi100" ? "application/x-www-form-urlencoded" : "application/json";
}

// The sources say nothing outside of the body that tells two pushes apart.
std::string HashOf(std::string_view body) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                     reinterpret_cast<const unsigned char*>(body.data()), body.size());
  return directory::Hex(hash);
}

HttpResponse Answer(std::string_view source) {
  HttpResponse response;
  response.headers.Add("Content-Type", "application/json; charset=utf-8");
  response.body =
      source == "kuaidi100" ? R"({"result":true,"returnCode":"200","message":"成功"})" : "{}";
  return response;
}

// 503 whatever keeps logistics from keeping it, so that the source pushes again.
HttpResponse Unavailable() {
  const absl::Status status =
      WithRetryDelay(Error(absl::StatusCode::kUnavailable, "PUSH_NOT_KEPT",
                           "The push could not be kept; push it again after the delay."),
                     kRetryMs);
  return connect::ErrorResponse(status, 503);
}

server::CallScope ScopeOf(const RawRequest& request) {
  server::CallScope scope;
  scope.trace.traceparent = request.traceparent;
  scope.deadline_ms = MonotonicMs() + kDeadlineMs;
  return scope;
}

}  // namespace

std::string PathOf(const ShopId& shop, const WebhookId& id) {
  return std::string(kPrefix).append(shop.str()).append("/").append(id.str());
}

PushEndpoint::PushEndpoint(WebhookBook& book, Receive receive, RateRule by_address,
                           metrics::Metrics& metrics)
    : book_(book),
      receive_(std::move(receive)),
      by_address_(by_address, kMaxAddresses),
      metrics_(metrics) {}

RawRoute PushEndpoint::Route() {
  return {std::string(kPrefix), kMaxPushBytes,
          [this](RawRequest request) { return Handle(std::move(request)); }};
}

void PushEndpoint::Count(const std::string& source, const char* outcome) {
  metrics_
      .AddCounter("kefu_webhook_pushes_total", "Pushes to known webhooks, by what became of them.",
                  {{"source", source}, {"outcome", outcome}})
      .Increment();
}

Task<HttpResponse> PushEndpoint::Handle(RawRequest request) {
  const int64_t wait_ms = by_address_.Admit(request.peer, MonotonicMs());
  if (wait_ms > 0) {
    const absl::Status status =
        WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, "RATE_LIMITED",
                             "Too many pushes from this address; push again after the delay."),
                       wait_ms);
    co_return connect::ErrorResponse(status, 429);
  }
  if (request.http.method != "POST") co_return MethodNotAllowed();
  const std::optional<Target> target = ParseTarget(request.http.path);
  if (!target) co_return NotFound();
  auto webhook = co_await book_.Get(target->shop, target->webhook);
  if (absl::IsNotFound(webhook.status())) co_return NotFound();
  const server::CallScope scope = ScopeOf(request);
  if (!webhook.ok()) {
    log::Warn("webhook not read", {{"reason", ErrorReason(webhook.status())}}, &scope.trace);
    co_return Unavailable();
  }
  const std::string source = webhook->webhook.source;
  if (!IsOfType(request.http.headers, ContentTypeOf(source))) {
    HttpResponse response =
        Refused(415, absl::StatusCode::kInvalidArgument, "UNSUPPORTED_CONTENT_TYPE",
                "Send the content type of the Accept-Post header.");
    response.headers.Add("Accept-Post", std::string(ContentTypeOf(source)));
    co_return response;
  }
  if (!SignatureHolds(source, webhook->secret, request.http.headers, request.http.body)) {
    Count(source, "bad_signature");
    co_return Refused(401, absl::StatusCode::kUnauthenticated, "BAD_SIGNATURE",
                      "The signature is not that of the body; compare the secrets.");
  }
  co_return co_await Accept(scope, target->shop, *std::move(webhook), std::move(request.http.body));
}

Task<HttpResponse> PushEndpoint::Accept(server::CallScope scope, ShopId shop, OpenedWebhook webhook,
                                        std::string body) {
  const std::string source = webhook.webhook.source;
  logistics::v1::ReceivePushRequest push;
  push.set_shop(shop.str());
  push.set_source(source);
  push.set_webhook(webhook.webhook.id.str());
  push.set_deduplication_key(HashOf(body));
  push.set_body(std::move(body));
  const auto received = co_await receive_(scope, std::move(push));
  if (!received.ok()) {
    Count(source, "failed");
    log::Warn(
        "push not kept",
        {{"shop", shop.str()}, {"source", source}, {"reason", ErrorReason(received.status())}},
        &scope.trace);
    co_return Unavailable();
  }
  Count(source, received->duplicate() ? "duplicate" : "accepted");
  co_return Answer(source);
}

}  // namespace kefu::gateway::webhooks
