// The push endpoints of one shop. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::webhooks {

inline constexpr size_t kMaxWebhooks = 20;
inline constexpr size_t kMinSecret = 4;
inline constexpr size_t kMaxSecret = 256;

struct Webhook {
  WebhookId id;
  // "aftership" or "kuaidi100".
  std::string source;
  std::string display_name;
  // What the source signs with.
  std::string sealed_secret;
  TimePoint create_time;
  bool operator==(const Webhook&) const = default;
};

// Oldest first.
using Webhooks = std::vector<Webhook>;

bool IsSource(std::string_view source);
const Webhook* Find(const Webhooks& webhooks, const WebhookId& id);

// INVALID_ARGUMENT INVALID_FIELD, naming the field; UNKNOWN_SOURCE.
absl::Status CheckNewWebhook(std::string_view source, std::string_view display_name,
                             std::string_view secret);

// FAILED_PRECONDITION TOO_MANY_WEBHOOKS.
absl::StatusOr<Webhooks> Add(Webhooks webhooks, Webhook webhook);
// NOT_FOUND NO_SUCH_WEBHOOK.
absl::StatusOr<Webhooks> Remove(Webhooks webhooks, const WebhookId& id);

absl::Status NoSuchWebhook();

}  // namespace kefu::gateway::webhooks
