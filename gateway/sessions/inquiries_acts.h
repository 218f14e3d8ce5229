// What the identity RPCs ask of inquiries: linking a guest's conversation, erasing a buyer, raising
// epochs. Thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>

#include "gateway/auth/conversation_linker.h"
#include "gateway/routing/router.h"
#include "gateway/upstream/inquiries_client.h"
#include "gateway/upstream/service_channels.h"

namespace kefu::gateway::sessions {

class InquiriesActs final : public auth::ConversationLinker {
 public:
  InquiriesActs(InquiriesClient& inquiries, ServiceChannels& services, routing::Router& router)
      : inquiries_(inquiries), services_(services), router_(router) {}

  Task<absl::Status> Link(server::CallScope scope, ShopId shop, ConversationId from,
                          ConversationId to, std::string request_id) override;
  Task<absl::Status> EraseBuyer(server::CallScope scope, ShopId shop, BuyerId buyer,
                                std::string request_id);
  // The stores may have lost their ends (a restore): raises the epochs of all logs, and makes
  // routing's sets agree with its sessions again. Source → epoch.
  Task<absl::StatusOr<std::map<std::string, uint64_t>>> RaiseEpochs(server::CallScope scope,
                                                                    ShopId shop,
                                                                    std::string request_id);

 private:
  InquiriesClient& inquiries_;
  ServiceChannels& services_;
  routing::Router& router_;
};

}  // namespace kefu::gateway::sessions
