// Raising the store epochs of a shop: after a restore, before clients and consumers return.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>

#include "gateway/upstream/service_channels.h"
#include "services/common/base/ids.h"

namespace kefu::gateway {

// In every log of events that the gateway was told of, each by its publisher. Source → epoch now in
// force. The error of the first publisher that did not do it; some may be raised then, and raising
// them again does no harm. `services` outlives the call.
Task<absl::StatusOr<std::map<std::string, uint64_t>>> RaiseStoreEpochs(ServiceChannels& services,
                                                                       server::CallScope scope,
                                                                       ShopId shop,
                                                                       std::string request_id);

}  // namespace kefu::gateway
