#include "gateway/webhooks/webhook_service.h"

#include <utility>

#include "gateway/rpc/identity_messages.h"
#include "gateway/rpc/methods.h"
#include "gateway/webhooks/push_endpoint.h"
#include "services/common/base/status.h"

namespace kefu::gateway::webhooks {
namespace {

v1::Webhook ToMessage(const ShopId& shop, const Webhook& webhook) {
  v1::Webhook message;
  message.set_webhook(webhook.id.str());
  message.set_source(webhook.source);
  message.set_display_name(webhook.display_name);
  message.set_path(PathOf(shop, webhook.id));
  *message.mutable_create_time() = identity::ToTimestamp(webhook.create_time);
  return message;
}

}  // namespace

void WebhookService::Register(Registry& registry) {
  Methods<WebhookService>(registry, "kefu.gateway.v1.WebhookService", this)
      .Unary("CreateWebhook", &WebhookService::CreateWebhook)
      .Unary("ListWebhooks", &WebhookService::ListWebhooks)
      .Unary("DeleteWebhook", &WebhookService::DeleteWebhook);
}

Task<absl::StatusOr<v1::CreateWebhookResponse>> WebhookService::CreateWebhook(
    CallContext context, v1::CreateWebhookRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(
      redis::Request command,
      identity::ToRequest(master_keys_, context, "WebhookService/CreateWebhook",
                          request.request_id(), request));
  NewWebhook webhook{request.source(), request.display_name(), request.secret()};
  KEFU_CO_ASSIGN_OR_RETURN(
      const OpenedWebhook created,
      co_await book_.Create(std::move(command), context.shop(), std::move(webhook)));
  v1::CreateWebhookResponse response;
  *response.mutable_webhook() = ToMessage(context.shop(), created.webhook);
  response.set_secret(created.secret);
  co_return response;
}

Task<absl::StatusOr<v1::ListWebhooksResponse>> WebhookService::ListWebhooks(
    CallContext context, v1::ListWebhooksRequest) {
  KEFU_CO_ASSIGN_OR_RETURN(const Webhooks webhooks, co_await book_.List(context.shop()));
  v1::ListWebhooksResponse response;
  for (const Webhook& webhook : webhooks)
    *response.add_webhooks() = ToMessage(context.shop(), webhook);
  co_return response;
}

Task<absl::StatusOr<v1::DeleteWebhookResponse>> WebhookService::DeleteWebhook(
    CallContext context, v1::DeleteWebhookRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(
      redis::Request command,
      identity::ToRequest(master_keys_, context, "WebhookService/DeleteWebhook",
                          request.request_id(), request));
  KEFU_CO_ASSIGN_OR_RETURN(const WebhookId id, WebhookId::Parse(request.webhook()));
  KEFU_CO_RETURN_IF_ERROR(co_await book_.Delete(std::move(command), context.shop(), id));
  co_return v1::DeleteWebhookResponse();
}

}  // namespace kefu::gateway::webhooks
