// The services behind the gateway, by name ("orders"), with a channel to each of their replicas.
// Threads: any. Lives as long as the calls.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/server/channels.h"

namespace kefu::gateway {

class ServiceChannels {
 public:
  using ByName = std::map<std::string, std::vector<server::ChannelPtr>, std::less<>>;
  explicit ServiceChannels(const ByName& services);

  // UNAVAILABLE SERVICE_NOT_CONFIGURED if the gateway was not told where the service is.
  absl::StatusOr<server::Channels*> To(std::string_view service);

 private:
  std::map<std::string, server::Channels, std::less<>> channels_;
};

// UNAVAILABLE with a time after which to try again, if the service named none.
absl::Status WorthRetrying(absl::Status status);

}  // namespace kefu::gateway
