// POST /webhooks/<shop>/<webhook>: where carriers and aggregators push.
//
// In this order: limit by address → method → the webhook (404 for whatever is not one) → content
// type → signature over the raw bytes (401) → logistics keeps the body durably → the answer that
// its source waits for. Nothing is parsed here. If logistics cannot keep it the answer is 503 with
// a time after which to try again, and the source will push again.
//
// Metrics: kefu_webhook_pushes_total{source,outcome}, outcome "accepted", "duplicate",
// "bad_signature", "failed".
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "gateway/edge/rate_limiter.h"
#include "gateway/edge/raw_route.h"
#include "gateway/webhooks/webhook_book.h"
#include "proto/kefu/logistics/v1/service.pb.h"
#include "services/common/metrics/metrics.h"
#include "services/common/server/unary.h"

namespace kefu::gateway::webhooks {

inline constexpr uint64_t kMaxPushBytes = uint64_t{1} << 20;

// The path at the gateway.
std::string PathOf(const ShopId& shop, const WebhookId& id);

class PushEndpoint {
 public:
  // Hands a verified body over to logistics.
  using Receive = std::function<Task<absl::StatusOr<logistics::v1::ReceivePushResponse>>(
      server::CallScope, logistics::v1::ReceivePushRequest)>;

  // `book` and `metrics` outlive it.
  PushEndpoint(WebhookBook& book, Receive receive, RateRule by_address, metrics::Metrics& metrics);

  // For the HTTP front; the endpoint outlives it.
  RawRoute Route();
  Task<HttpResponse> Handle(RawRequest request);

 private:
  Task<HttpResponse> Accept(server::CallScope scope, ShopId shop, OpenedWebhook webhook,
                            std::string body);
  void Count(const std::string& source, const char* outcome);

  WebhookBook& book_;
  const Receive receive_;
  SlidingWindow by_address_;
  metrics::Metrics& metrics_;
};

}  // namespace kefu::gateway::webhooks
