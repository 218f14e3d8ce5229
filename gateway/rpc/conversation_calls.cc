#include "gateway/rpc/conversation_calls.h"

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway {

Task<absl::StatusOr<inquiries::v1::ListEntriesResponse>> ListEntries(
    InquiriesClient& inquiries, CallContext context, std::string conversation,
    inquiries::v1::Audience audience, EntryRange range) {
  inquiries::v1::ListEntriesRequest list;
  list.set_shop(context.shop().str());
  list.set_conversation(std::move(conversation));
  list.set_audience(audience);
  list.set_after_seq(range.after_seq);
  list.set_before_seq(range.before_seq);
  list.set_page_size(range.page_size);
  co_return co_await inquiries.Call(&InquiriesClient::Conversations::ListEntries, context.scope,
                                    std::move(list));
}

Task<absl::StatusOr<common::v1::Marks>> MoveMarks(InquiriesClient& inquiries, CallContext context,
                                                  common::v1::Marks marks) {
  inquiries::v1::MoveMarksRequest move;
  move.set_shop(context.shop().str());
  *move.mutable_marks() = std::move(marks);
  move.mutable_marks()->set_participant(context.caller.subject);
  absl::StatusOr<inquiries::v1::MoveMarksResponse> moved = co_await inquiries.Call(
      &InquiriesClient::Conversations::MoveMarks, context.scope, std::move(move));
  if (!moved.ok()) co_return moved.status();
  co_return std::move(*moved->mutable_marks());
}

Task<absl::StatusOr<inquiries::v1::Conversation>> GetConversation(InquiriesClient& inquiries,
                                                                  CallContext context,
                                                                  std::string conversation) {
  inquiries::v1::GetConversationRequest get;
  get.set_shop(context.shop().str());
  get.set_conversation(std::move(conversation));
  co_return co_await inquiries.Call(&InquiriesClient::Conversations::GetConversation, context.scope,
                                    std::move(get));
}

Task<absl::StatusOr<inquiries::v1::Conversation>> ReadableConversation(InquiriesClient& inquiries,
                                                                       CallContext context,
                                                                       std::string conversation) {
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId id, ConversationId::Parse(conversation));
  absl::StatusOr<inquiries::v1::Conversation> got =
      co_await GetConversation(inquiries, context, id.str());
  if (absl::IsNotFound(got.status())) co_return NoSuchConversation();
  if (!got.ok()) co_return got.status();
  if (!MayRead(context.caller, *got)) co_return NoSuchConversation();
  co_return got;
}

bool MayRead(const Caller& caller, const inquiries::v1::Conversation& conversation) {
  return caller.role == ROLE_SUPERVISOR || conversation.inquiry().agent() == caller.subject;
}

bool MayListen(const Caller& caller, const inquiries::v1::Conversation& conversation) {
  if (!caller.program) return false;
  const std::vector<Scope>& scopes = caller.program->scopes;
  if (std::find(scopes.begin(), scopes.end(), SCOPE_SUGGEST) == scopes.end()) return false;
  const inquiries::v1::Inquiry& inquiry = conversation.inquiry();
  return inquiry.state() == inquiries::v1::Inquiry::STATE_OPEN && !inquiry.agent().empty();
}

absl::Status NoSuchConversation() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_CONVERSATION",
               "There is no such conversation among the sessions you hold.");
}

void PublishTyping(sessions::Announcer& announcer, const CallContext& context,
                   std::string conversation, common::v1::Sender::Kind party, bool typing) {
  v1::TypingNotice notice;
  notice.set_conversation(std::move(conversation));
  notice.set_party(party);
  notice.set_participant(context.caller.subject);
  notice.set_typing(typing);
  announcer.PublishTyping(context.shop(), notice);
}

}  // namespace kefu::gateway
