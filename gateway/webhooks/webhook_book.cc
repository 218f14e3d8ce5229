#include "gateway/webhooks/webhook_book.h"

#include <algorithm>
#include <utility>

#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::webhooks {
namespace {

constexpr uint32_t kVersion = 1;
constexpr char kType[] = "webhooks";
constexpr size_t kMadeSecretBytes = 24;

redis::AggregateId IdOf(const ShopId& shop) { return {shop, kType, shop.str()}; }

// Ties a sealed secret to its place.
std::string ContextOf(const ShopId& shop, const WebhookId& id) {
  return "webhook/" + shop.str() + "/" + id.str();
}

std::string Encode(const Webhooks& webhooks) {
  v1::WebhooksRecord record;
  record.set_record_version(kVersion);
  for (const Webhook& webhook : webhooks) {
    v1::WebhookRecord* stored = record.add_webhooks();
    stored->set_webhook(webhook.id.str());
    stored->set_source(webhook.source);
    stored->set_display_name(webhook.display_name);
    stored->set_secret(webhook.sealed_secret);
    stored->set_create_time_ms(webhook.create_time.ms);
  }
  return record.SerializeAsString();
}

absl::StatusOr<Webhooks> Decode(const std::string& bytes) {
  KEFU_ASSIGN_OR_RETURN(const auto record, ParseRecord<v1::WebhooksRecord>(bytes, kVersion));
  Webhooks webhooks;
  for (const v1::WebhookRecord& stored : record.webhooks()) {
    KEFU_ASSIGN_OR_RETURN(const WebhookId id, WebhookId::Parse(stored.webhook()));
    webhooks.push_back(
        {id, stored.source(), stored.display_name(), stored.secret(), {stored.create_time_ms()}});
  }
  return webhooks;
}

}  // namespace

Task<absl::StatusOr<redis::Committed>> WebhookBook::Update(redis::Request request, ShopId shop,
                                                           Decide decide, std::string result) {
  redis::Aggregates::Decide change =
      [decide = std::move(decide), result = std::move(result)](
          const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    KEFU_ASSIGN_OR_RETURN(Webhooks webhooks, Decode(snapshot.state));
    KEFU_ASSIGN_OR_RETURN(const Webhooks next, decide(std::move(webhooks), snapshot.time));
    return redis::Change{.state = Encode(next), .result = result};
  };
  redis::AggregateId aggregate = IdOf(shop);
  co_return co_await store_.Update(std::move(aggregate), std::move(request), std::move(change));
}

absl::StatusOr<OpenedWebhook> WebhookBook::Open(const ShopId& shop, const Webhooks& webhooks,
                                                const WebhookId& id) const {
  const Webhook* const webhook = Find(webhooks, id);
  if (webhook == nullptr) return NoSuchWebhook();
  KEFU_ASSIGN_OR_RETURN(std::string secret,
                        master_keys_.Open(webhook->sealed_secret, ContextOf(shop, id)));
  return OpenedWebhook{*webhook, std::move(secret)};
}

Task<absl::StatusOr<OpenedWebhook>> WebhookBook::Create(redis::Request request, ShopId shop,
                                                        NewWebhook webhook) {
  if (webhook.secret.empty())
    webhook.secret = directory::Base64Url(directory::RandomBytes(kMadeSecretBytes));
  KEFU_CO_RETURN_IF_ERROR(CheckNewWebhook(webhook.source, webhook.display_name, webhook.secret));
  const WebhookId id = WebhookId::New();
  const Webhook made{id,
                     webhook.source,
                     webhook.display_name,
                     master_keys_.Seal(webhook.secret, ContextOf(shop, id)),
                     {}};
  Decide decide = [made](Webhooks webhooks, TimePoint now) {
    Webhook dated = made;
    dated.create_time = now;
    return Add(std::move(webhooks), std::move(dated));
  };
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                           co_await Update(std::move(request), shop, std::move(decide), id.str()));
  // A repetition made nothing: what the first one made is answered, if it is still there.
  KEFU_CO_ASSIGN_OR_RETURN(const WebhookId created, WebhookId::Parse(committed.result));
  KEFU_CO_ASSIGN_OR_RETURN(const Webhooks webhooks, Decode(committed.state));
  co_return Open(shop, webhooks, created);
}

Task<absl::Status> WebhookBook::Delete(redis::Request request, ShopId shop, WebhookId id) {
  Decide decide = [id](Webhooks webhooks, TimePoint) { return Remove(std::move(webhooks), id); };
  std::string nothing;
  const auto committed =
      co_await Update(std::move(request), shop, std::move(decide), std::move(nothing));
  co_return committed.status();
}

Task<absl::StatusOr<Webhooks>> WebhookBook::List(ShopId shop) {
  redis::AggregateId aggregate = IdOf(shop);
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot,
                           co_await store_.Load(std::move(aggregate)));
  co_return Decode(snapshot.state);
}

Task<absl::StatusOr<OpenedWebhook>> WebhookBook::Get(ShopId shop, WebhookId id) {
  KEFU_CO_ASSIGN_OR_RETURN(const Webhooks webhooks, co_await List(shop));
  co_return Open(shop, webhooks, id);
}

Task<absl::Status> WebhookBook::Reseal(ShopId shop) {
  KEFU_CO_ASSIGN_OR_RETURN(const Webhooks known, co_await List(shop));
  const bool current = std::all_of(known.begin(), known.end(), [this](const Webhook& webhook) {
    return master_keys_.IsCurrent(webhook.sealed_secret);
  });
  if (current) co_return absl::OkStatus();
  Decide decide = [this, shop](Webhooks webhooks, TimePoint) -> absl::StatusOr<Webhooks> {
    for (Webhook& webhook : webhooks) {
      const std::string context = ContextOf(shop, webhook.id);
      KEFU_ASSIGN_OR_RETURN(const std::string secret,
                            master_keys_.Open(webhook.sealed_secret, context));
      webhook.sealed_secret = master_keys_.Seal(secret, context);
    }
    return webhooks;
  };
  redis::Request repeatable;
  std::string nothing;
  const auto committed =
      co_await Update(std::move(repeatable), shop, std::move(decide), std::move(nothing));
  if (committed.ok())
    log::Info("webhooks' secrets sealed with the current master key", {{"shop", shop.str()}});
  co_return committed.status();
}

}  // namespace kefu::gateway::webhooks
