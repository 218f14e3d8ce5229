// The push endpoints of shops, in the gateway's store: one aggregate for all of a shop's, so that
// their number is bounded whatever races.
//
// Secrets rest sealed under the master key. Read from the store each time: a push to an endpoint
// that was deleted is refused from that moment on.
// Threads: thread-safe. Errors: those of domain/webhooks.h; those of the aggregates.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <optional>
#include <string>

#include "gateway/directory/key_ring.h"
#include "gateway/webhooks/domain/webhooks.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregates.h"

namespace kefu::gateway::webhooks {

struct NewWebhook {
  std::string source;
  std::string display_name;
  // Empty: one is made.
  std::string secret;
};

struct OpenedWebhook {
  Webhook webhook;
  std::string secret;
};

class WebhookBook {
 public:
  // Both outlive it.
  WebhookBook(redis::Aggregates& store, const directory::KeyRing& master_keys)
      : store_(store), master_keys_(master_keys) {}

  Task<absl::StatusOr<OpenedWebhook>> Create(redis::Request request, ShopId shop,
                                             NewWebhook webhook);
  Task<absl::Status> Delete(redis::Request request, ShopId shop, WebhookId id);
  Task<absl::StatusOr<Webhooks>> List(ShopId shop);
  // NOT_FOUND NO_SUCH_WEBHOOK.
  Task<absl::StatusOr<OpenedWebhook>> Get(ShopId shop, WebhookId id);
  // Seals with the current master key what an older one sealed, so that the older one can go.
  Task<absl::Status> Reseal(ShopId shop);

 private:
  using Decide = std::function<absl::StatusOr<Webhooks>(Webhooks, TimePoint)>;
  // `result` is remembered with the request.
  Task<absl::StatusOr<redis::Committed>> Update(redis::Request request, ShopId shop, Decide decide,
                                                std::string result);
  absl::StatusOr<OpenedWebhook> Open(const ShopId& shop, const Webhooks& webhooks,
                                     const WebhookId& id) const;

  redis::Aggregates& store_;
  const directory::KeyRing& master_keys_;
};

}  // namespace kefu::gateway::webhooks
