#include "gateway/sessions/inquiries_acts.h"

#include <utility>

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
  events::v1::ReadRequest read;
  read.set_shop(shop.str());
  read.set_page_size(1);
  absl::StatusOr<events::v1::ReadResponse> log =
      co_await inquiries_.Call(&InquiriesClient::EventLog::Read, scope, std::move(read));
  if (!log.ok()) co_return log.status();
  events::v1::RaiseEpochRequest raise;
  raise.set_shop(shop.str());
  raise.set_request_id(std::move(request_id));
  raise.set_observed_epoch(log->store_epoch());
  absl::StatusOr<events::v1::RaiseEpochResponse> raised =
      co_await inquiries_.Call(&InquiriesClient::EventLog::RaiseEpoch, scope, std::move(raise));
  if (!raised.ok()) co_return raised.status();
  absl::StatusOr<std::vector<std::string>> differences = co_await router_.Reconcile(shop);
  if (!differences.ok()) co_return differences.status();
  for (const std::string& difference : *differences) {
    log::Warn("routing was made to agree with its sessions",
              {{"shop", shop.str()}, {"difference", difference}}, &scope.trace);
  }
  co_return std::map<std::string, uint64_t>{{"inquiries", raised->store_epoch()}};
}

}  // namespace kefu::gateway::sessions
