#include "gateway/webhooks/domain/webhooks.h"

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/base/text.h"

namespace kefu::gateway::webhooks {
namespace {

constexpr size_t kMaxDisplayName = 128;

auto Place(const Webhooks& webhooks, const WebhookId& id) {
  return std::find_if(webhooks.begin(), webhooks.end(),
                      [&id](const Webhook& webhook) { return webhook.id == id; });
}

}  // namespace

absl::Status NoSuchWebhook() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_WEBHOOK", "There is no such webhook.");
}

bool IsSource(std::string_view source) { return source == "aftership" || source == "kuaidi100"; }

const Webhook* Find(const Webhooks& webhooks, const WebhookId& id) {
  const auto found = Place(webhooks, id);
  return found == webhooks.end() ? nullptr : &*found;
}

absl::Status CheckNewWebhook(std::string_view source, std::string_view display_name,
                             std::string_view secret) {
  if (!IsSource(source)) {
    return Error(absl::StatusCode::kInvalidArgument, "UNKNOWN_SOURCE",
                 "Pushes are taken from \"aftership\" and \"kuaidi100\".");
  }
  KEFU_RETURN_IF_ERROR(CheckRequiredText("display_name", display_name, kMaxDisplayName));
  if (secret.size() < kMinSecret || secret.size() > kMaxSecret)
    return InvalidField("secret", "A secret is 4 to 256 bytes; leave it empty to have one made.");
  return absl::OkStatus();
}

absl::StatusOr<Webhooks> Add(Webhooks webhooks, Webhook webhook) {
  if (webhooks.size() >= kMaxWebhooks) {
    return Error(absl::StatusCode::kFailedPrecondition, "TOO_MANY_WEBHOOKS",
                 "A shop can have 20 webhooks; delete one that is not used.");
  }
  webhooks.push_back(std::move(webhook));
  return webhooks;
}

absl::StatusOr<Webhooks> Remove(Webhooks webhooks, const WebhookId& id) {
  const auto found = Place(webhooks, id);
  if (found == webhooks.end()) return NoSuchWebhook();
  webhooks.erase(found);
  return webhooks;
}

}  // namespace kefu::gateway::webhooks
