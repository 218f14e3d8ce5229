#include "gateway/sessions/inquiries_acts.h"

#include <utility>

#include "gateway/upstream/store_epochs.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::sessions {

Task<absl::Status> InquiriesActs::Link(server::CallScope scope, ShopId shop, ConversationId from,
                                       ConversationId to, std::string request_id) {
  inquiries::v1::LinkConversationRequest link;
  link.set_shop(shop.str());
  link.set_request_id(std::move(request_id));
  link.set_conversation(from.str());
  link.set_continued_in(to.str());
  const auto linked = co_await inquiries_.Call(&InquiriesClient::Conversations::LinkConversation,
                                               std::move(scope), std::move(link));
  co_return linked.status();
}

Task<absl::Status> InquiriesActs::EraseBuyer(server::CallScope scope, ShopId shop, BuyerId buyer,
                                             std::string request_id) {
  inquiries::v1::EraseBuyerRequest erase;
  erase.set_shop(shop.str());
  erase.set_request_id(std::move(request_id));
  erase.set_buyer(buyer.str());
  const auto erased = co_await inquiries_.Call(&InquiriesClient::Conversations::EraseBuyer,
                                               std::move(scope), std::move(erase));
  co_return erased.status();
}

Task<absl::StatusOr<std::map<std::string, uint64_t>>> InquiriesActs::RaiseEpochs(
    server::CallScope scope, ShopId shop, std::string request_id) {
  absl::StatusOr<std::map<std::string, uint64_t>> epochs =
      co_await RaiseStoreEpochs(services_, scope, shop, std::move(request_id));
  if (!epochs.ok()) co_return epochs.status();
  absl::StatusOr<std::vector<std::string>> differences = co_await router_.Reconcile(shop);
  if (!differences.ok()) co_return differences.status();
  for (const std::string& difference : *differences) {
    log::Warn("routing was made to agree with its sessions",
              {{"shop", shop.str()}, {"difference", difference}}, &scope.trace);
  }
  co_return epochs;
}

}  // namespace kefu::gateway::sessions
