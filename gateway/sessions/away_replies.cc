#include "gateway/sessions/away_replies.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/sessions/waiting_lines.h"
#include "services/common/base/status.h"

namespace kefu::gateway::sessions {
namespace {

// An agent who wrote nothing for longer may be told of once more.
constexpr uint32_t kLookBack = 100;

}  // namespace

Task<absl::Status> AwayReplies::BuyerWrote(server::CallScope scope, ShopId shop,
                                           v1::Session session, common::v1::Entry entry) {
  KEFU_CO_ASSIGN_OR_RETURN(const RoutingPlans::Shared plan, co_await plans_.Of(shop));
  const v1::LocalizedText& text = plan->config().auto_replies().away();
  std::optional<common::v1::SystemLine> line =
      AutoReplyLine(plan->TextFor(text, session.opening().language()), "away");
  if (!line) co_return absl::OkStatus();
  KEFU_CO_ASSIGN_OR_RETURN(SessionId id, SessionId::Parse(session.session()));
  inquiries::v1::ListEntriesRequest list;
  list.set_shop(shop.str());
  list.set_conversation(session.conversation());
  list.set_audience(inquiries::v1::AUDIENCE_BUYER);
  list.set_before_seq(entry.seq());
  list.set_page_size(kLookBack);
  const auto listed = co_await inquiries_.Call(&InquiriesClient::Conversations::ListEntries, scope,
                                               std::move(list));
  if (!listed.ok()) co_return listed.status();
  uint64_t last_word = 0;
  for (const common::v1::Entry& said : listed->entries()) {
    if (said.sender().kind() == common::v1::Sender::KIND_AGENT)
      last_word = std::max<uint64_t>(last_word, said.seq());
  }
  std::string request_id = "away:" + session.session() + ":" + std::to_string(session.fence()) +
                           ":" + std::to_string(last_word);
  co_return co_await voice_.Say(std::move(scope), shop, std::move(id), std::move(request_id),
                                *std::move(line));
}

}  // namespace kefu::gateway::sessions
