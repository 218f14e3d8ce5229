// kefu.gateway.v1.WebhookService: an administrator's push endpoints. The shop comes from the token.
// Threads: thread-safe.
#pragma once

#include "gateway/directory/key_ring.h"
#include "gateway/edge/registry.h"
#include "gateway/webhooks/webhook_book.h"
#include "proto/kefu/gateway/v1/webhooks.pb.h"

namespace kefu::gateway::webhooks {

class WebhookService {
 public:
  // Both outlive it.
  WebhookService(WebhookBook& book, const directory::KeyRing& master_keys)
      : book_(book), master_keys_(master_keys) {}
  void Register(Registry& registry);

  Task<absl::StatusOr<v1::CreateWebhookResponse>> CreateWebhook(CallContext context,
                                                                v1::CreateWebhookRequest request);
  Task<absl::StatusOr<v1::ListWebhooksResponse>> ListWebhooks(CallContext context,
                                                              v1::ListWebhooksRequest request);
  Task<absl::StatusOr<v1::DeleteWebhookResponse>> DeleteWebhook(CallContext context,
                                                                v1::DeleteWebhookRequest request);

 private:
  WebhookBook& book_;
  const directory::KeyRing& master_keys_;
};

}  // namespace kefu::gateway::webhooks
