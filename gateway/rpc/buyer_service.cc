#include "gateway/rpc/buyer_service.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "gateway/rpc/content_rules.h"
#include "gateway/rpc/conversation_calls.h"
#include "gateway/rpc/methods.h"
#include "gateway/streams/buyer_stream.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

absl::StatusOr<ConversationId> ConversationOfCaller(const CallContext& context) {
  KEFU_ASSIGN_OR_RETURN(const BuyerId buyer, BuyerId::Parse(context.caller.subject));
  return ConversationOf(buyer);
}

absl::Status NoSuchSession() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_SESSION",
               "There is no such session; use the one that OpenSession gave you.");
}

}  // namespace

void BuyerService::Register(Registry& registry) {
  Methods<BuyerService>(registry, "kefu.gateway.v1.BuyerService", this)
      .Unary("OpenSession", &BuyerService::OpenSession)
      .Unary("SendMessage", &BuyerService::SendMessage)
      .Unary("ListMessages", &BuyerService::ListMessages)
      .Unary("MoveMarks", &BuyerService::MoveMarks)
      .Unary("SetTyping", &BuyerService::SetTyping)
      .Unary("GetState", &BuyerService::GetState)
      .Stream("Subscribe", &BuyerService::Subscribe);
}

Task<absl::StatusOr<v1::OpenSessionResponse>> BuyerService::OpenSession(
    CallContext context, v1::OpenSessionRequest request) {
  KEFU_CO_RETURN_IF_ERROR(CheckBuyerContent(request.content()));
  inquiries::v1::OpenInquiryRequest open;
  open.set_shop(context.shop().str());
  open.set_buyer(context.caller.subject);
  open.set_display_name(context.caller.display_name);
  open.set_request_id(request.request_id());
  *open.mutable_opening() = std::move(*request.mutable_opening());
  // A widget is what buyers' clients are; platforms name their channel through IntegratorService.
  open.mutable_opening()->set_channel(common::v1::CHANNEL_WIDGET);
  *open.mutable_content() = std::move(*request.mutable_content());
  absl::StatusOr<inquiries::v1::OpenInquiryResponse> opened =
      co_await parts_.flow.Open(context.scope, std::move(open));
  if (!opened.ok()) co_return opened.status();
  v1::OpenSessionResponse response;
  response.set_session(opened->inquiry().session());
  response.set_conversation(opened->inquiry().conversation());
  response.set_opened(opened->opened());
  *response.mutable_entry() = std::move(*opened->mutable_entry());
  response.set_store_epoch(opened->store_epoch());
  co_return response;
}

Task<absl::StatusOr<v1::BuyerSendMessageResponse>> BuyerService::SendMessage(
    CallContext context, v1::BuyerSendMessageRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation, ConversationOfCaller(context));
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  if (session.conversation() != conversation) co_return NoSuchSession();
  KEFU_CO_RETURN_IF_ERROR(CheckBuyerContent(request.content()));
  inquiries::v1::AppendRequest append;
  append.set_shop(context.shop().str());
  append.set_conversation(conversation.str());
  append.set_session(session.str());
  append.mutable_sender()->set_kind(common::v1::Sender::KIND_BUYER);
  append.mutable_sender()->set_id(context.caller.subject);
  append.mutable_sender()->set_display_name(context.caller.display_name);
  append.set_request_id(request.request_id());
  append.set_channel(common::v1::CHANNEL_WIDGET);
  *append.mutable_content() = std::move(*request.mutable_content());
  absl::StatusOr<inquiries::v1::AppendResponse> appended =
      co_await parts_.inquiries.Append(context.scope, std::move(append));
  if (!appended.ok()) co_return appended.status();
  v1::BuyerSendMessageResponse response;
  *response.mutable_entry() = std::move(*appended->mutable_entry());
  response.set_store_epoch(appended->store_epoch());
  co_return response;
}

Task<absl::StatusOr<v1::BuyerListMessagesResponse>> BuyerService::ListMessages(
    CallContext context, v1::BuyerListMessagesRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation, ConversationOfCaller(context));
  absl::StatusOr<inquiries::v1::ListEntriesResponse> listed =
      co_await ListEntries(parts_.inquiries, context, conversation.str(),
                           inquiries::v1::AUDIENCE_BUYER, EntryRange::Of(request));
  // Nothing was said yet: an empty conversation, not an error.
  if (absl::IsNotFound(listed.status())) co_return v1::BuyerListMessagesResponse();
  if (!listed.ok()) co_return listed.status();
  v1::BuyerListMessagesResponse response;
  response.mutable_entries()->Swap(listed->mutable_entries());
  response.set_head_seq(listed->audience_head_seq());
  response.set_store_epoch(listed->store_epoch());
  co_return response;
}

Task<absl::StatusOr<v1::BuyerMoveMarksResponse>> BuyerService::MoveMarks(
    CallContext context, v1::BuyerMoveMarksRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation, ConversationOfCaller(context));
  common::v1::Marks marks;
  marks.set_conversation(conversation.str());
  marks.set_party(common::v1::Sender::KIND_BUYER);
  marks.set_delivered_seq(request.delivered_seq());
  marks.set_read_seq(request.read_seq());
  absl::StatusOr<common::v1::Marks> moved =
      co_await kefu::gateway::MoveMarks(parts_.inquiries, context, std::move(marks));
  if (!moved.ok()) co_return moved.status();
  v1::BuyerMoveMarksResponse response;
  *response.mutable_marks() = *std::move(moved);
  co_return response;
}

Task<absl::StatusOr<v1::BuyerSetTypingResponse>> BuyerService::SetTyping(
    CallContext context, v1::BuyerSetTypingRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation, ConversationOfCaller(context));
  PublishTyping(parts_.announcer, context, conversation.str(), common::v1::Sender::KIND_BUYER,
                request.typing());
  co_return v1::BuyerSetTypingResponse();
}

Task<absl::StatusOr<v1::BuyerGetStateResponse>> BuyerService::GetState(CallContext context,
                                                                       v1::BuyerGetStateRequest) {
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation, ConversationOfCaller(context));
  v1::BuyerGetStateResponse response;
  response.set_buyer(context.caller.subject);
  response.set_conversation(conversation.str());
  absl::StatusOr<inquiries::v1::Conversation> got =
      co_await GetConversation(parts_.inquiries, context, conversation.str());
  if (absl::IsNotFound(got.status())) co_return response;
  if (!got.ok()) co_return got.status();
  if (got->inquiry().state() == inquiries::v1::Inquiry::STATE_OPEN) {
    response.set_open_session(got->inquiry().session());
  }
  response.set_head_seq(got->buyer_head_seq());
  response.set_store_epoch(got->store_epoch());
  response.set_continued_in(got->continued_in());
  co_return response;
}

Task<absl::Status> BuyerService::Subscribe(CallContext context, v1::BuyerSubscribeRequest request,
                                           StreamWriter& writer) {
  std::optional<v1::ResumeToken> resume;
  if (request.has_resume()) resume = std::move(*request.mutable_resume());
  const Executor executor = co_await boost::asio::this_coro::executor;
  streams::BuyerStream stream(parts_.hub, parts_.inquiries, parts_.find_agent, parts_.clock,
                              std::move(context), std::move(resume), writer, executor);
  co_return co_await stream.Run();
}

}  // namespace kefu::gateway
