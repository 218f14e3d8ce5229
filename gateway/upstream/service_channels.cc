#include "gateway/upstream/service_channels.h"

#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

// About what a service takes to come back after a restart.
constexpr int64_t kRetryDelayMs = 1000;

}  // namespace

ServiceChannels::ServiceChannels(const ByName& services) {
  for (const auto& [name, channels] : services) Add(name, channels);
}

void ServiceChannels::Add(std::string service, std::vector<server::ChannelPtr> channels) {
  if (!channels.empty()) channels_.try_emplace(std::move(service), std::move(channels));
}

absl::StatusOr<server::Channels*> ServiceChannels::To(std::string_view service) {
  const auto found = channels_.find(service);
  if (found != channels_.end()) return &found->second;
  return WorthRetrying(Error(absl::StatusCode::kUnavailable, "SERVICE_NOT_CONFIGURED",
                             "This installation runs no " + std::string(service) +
                                 "; its operator can add it to the gateway's configuration.",
                             {{"service", std::string(service)}}));
}

absl::Status WorthRetrying(absl::Status status) {
  const bool says_when = RetryDelayMs(status) > 0;
  if (status.code() != absl::StatusCode::kUnavailable || says_when) return status;
  return WithRetryDelay(std::move(status), kRetryDelayMs);
}

}  // namespace kefu::gateway
