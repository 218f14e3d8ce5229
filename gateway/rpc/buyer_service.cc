#include "gateway/rpc/buyer_service.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "gateway/rpc/content_rules.h"
#include "gateway/rpc/conversation_calls.h"
#include "gateway/rpc/methods.h"
#include "gateway/streams/buyer_stream.h"
#include "services/common/base/status.h"
#include "services/common/base/timestamp.h"

namespace kefu::gateway {
namespace {

constexpr int64_t kLongestWishMs = int64_t{30} * 24 * 3600 * 1000;

absl::StatusOr<ConversationId> ConversationOfCaller(const CallContext& context) {
  KEFU_ASSIGN_OR_RETURN(const BuyerId buyer, BuyerId::Parse(context.caller.subject));
  return ConversationOf(buyer);
}

absl::Status NoSuchSession() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_SESSION",
               "There is no such session; use the one that OpenSession gave you.");
}

// The session, if it is the caller's.
absl::StatusOr<SessionId> OwnSession(const CallContext& context, const std::string& name) {
  KEFU_ASSIGN_OR_RETURN(const ConversationId conversation, ConversationOfCaller(context));
  KEFU_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(name));
  if (session.conversation() != conversation) return NoSuchSession();
  return session;
}

inquiries::v1::AppendRequest EntryBy(const CallContext& buyer, const SessionId& session,
                                     std::string request_id, common::v1::Content content) {
  inquiries::v1::AppendRequest append;
  append.set_shop(buyer.shop().str());
  append.set_conversation(session.conversation().str());
  append.set_session(session.str());
  append.mutable_sender()->set_kind(common::v1::Sender::KIND_BUYER);
  append.mutable_sender()->set_id(buyer.caller.subject);
  append.mutable_sender()->set_display_name(buyer.caller.display_name);
  append.set_request_id(std::move(request_id));
  append.set_channel(common::v1::CHANNEL_WIDGET);
  *append.mutable_content() = std::move(content);
  return append;
}

// When the buyer wishes to be answered; absent: no wish.
absl::StatusOr<std::optional<TimePoint>> AnswerTime(const v1::LeaveMessageRequest& request,
                                                    TimePoint now) {
  std::optional<TimePoint> time;
  if (!request.has_answer_time()) return time;
  time = ToTimePoint(request.answer_time());
  if (*time <= now || *time - now > kLongestWishMs)
    return InvalidField("answer_time", "must be a time to come, within 30 days");
  return time;
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
      .Unary("LeaveQueue", &BuyerService::LeaveQueue)
      .Unary("LeaveMessage", &BuyerService::LeaveMessage)
      .Unary("RateSession", &BuyerService::RateSession)
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
  open.mutable_opening()->set_priority(context.caller.priority);
  *open.mutable_content() = std::move(*request.mutable_content());
  absl::StatusOr<sessions::OpenedSession> opened =
      co_await parts_.flow.Open(context.scope, std::move(open));
  if (!opened.ok()) co_return opened.status();
  inquiries::v1::OpenInquiryResponse& inquiry = opened->inquiry;
  v1::OpenSessionResponse response;
  response.set_session(inquiry.inquiry().session());
  response.set_conversation(inquiry.inquiry().conversation());
  response.set_opened(inquiry.opened());
  *response.mutable_entry() = std::move(*inquiry.mutable_entry());
  response.set_store_epoch(inquiry.store_epoch());
  std::optional<v1::BuyerSessionState> state =
      co_await StateAfter(std::move(context), *std::move(opened));
  if (state) *response.mutable_state() = *std::move(state);
  co_return response;
}

Task<std::optional<v1::BuyerSessionState>> BuyerService::StateAfter(
    CallContext context, sessions::OpenedSession opened) {
  const absl::StatusOr<SessionId> session = SessionId::Parse(opened.inquiry.inquiry().session());
  if (!session.ok()) co_return std::nullopt;
  if (!opened.inquiry.opened()) co_await NoteThere(context, *session);
  if (!opened.standing) co_return std::nullopt;
  const std::optional<routing::SessionChange>& routed = opened.standing->routed;
  if (routed && routed->session.state() == v1::Session::STATE_ACTIVE) {
    v1::BuyerSessionState served;
    served.set_session(session->str());
    served.set_state(v1::Session::STATE_ACTIVE);
    co_return co_await streams::WithAgent(parts_.find_agent, context.shop(), std::move(served),
                                          routed->session.agent());
  }
  absl::StatusOr<streams::BuyerLook> look = co_await parts_.buyers.look(context.shop(), *session);
  // The stream tells.
  if (!look.ok()) co_return std::nullopt;
  co_return std::move(look->state);
}

Task<> BuyerService::NoteThere(CallContext context, SessionId session) {
  if (parts_.buyers.presence.Here(context.shop(), context.caller.subject)) co_return;
  co_await parts_.buyers.presence.Assert(context.shop(), std::move(session));
}

Task<absl::StatusOr<inquiries::v1::AppendResponse>> BuyerService::Append(
    CallContext context, SessionId session, std::string request_id, common::v1::Content content) {
  co_return co_await parts_.inquiries.Append(
      context.scope, EntryBy(context, session, std::move(request_id), std::move(content)));
}

Task<absl::StatusOr<v1::BuyerSendMessageResponse>> BuyerService::SendMessage(
    CallContext context, v1::BuyerSendMessageRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, OwnSession(context, request.session()));
  KEFU_CO_RETURN_IF_ERROR(CheckBuyerContent(request.content()));
  absl::StatusOr<inquiries::v1::AppendResponse> appended = co_await Append(
      context, session, request.request_id(), std::move(*request.mutable_content()));
  if (!appended.ok()) co_return appended.status();
  co_await NoteThere(std::move(context), session);
  v1::BuyerSendMessageResponse response;
  *response.mutable_entry() = std::move(*appended->mutable_entry());
  response.set_store_epoch(appended->store_epoch());
  co_return response;
}

Task<absl::StatusOr<v1::LeaveQueueResponse>> BuyerService::LeaveQueue(
    CallContext context, v1::LeaveQueueRequest request) {
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, OwnSession(context, request.session()));
  KEFU_CO_RETURN_IF_ERROR(
      co_await parts_.buyers.routing_events.LeaveQueue(context.scope, context.shop(), session));
  co_return v1::LeaveQueueResponse();
}

Task<absl::StatusOr<v1::LeaveMessageResponse>> BuyerService::LeaveMessage(
    CallContext context, v1::LeaveMessageRequest request) {
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, OwnSession(context, request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<TimePoint> wish,
                           AnswerTime(request, parts_.clock.Now()));
  if (!request.text().empty()) {
    KEFU_CO_RETURN_IF_ERROR(
        co_await parts_.buyers.arrivals.MayLeaveMessage(context.shop(), session));
    common::v1::Content content;
    content.mutable_text()->set_body(request.text());
    const auto appended =
        co_await Append(context, session, request.request_id(), std::move(content));
    if (!appended.ok()) co_return appended.status();
  }
  redis::Request once;
  once.id = request.request_id();
  once.payload_hash = wish ? std::to_string(wish->ms) : "";
  once.traceparent = context.scope.trace.traceparent;
  const absl::StatusOr<sessions::Parking> parked = co_await parts_.buyers.arrivals.LeaveMessage(
      context.scope, context.shop(), session, std::move(once), wish);
  if (!parked.ok()) co_return parked.status();
  KEFU_CO_ASSIGN_OR_RETURN(streams::BuyerLook look,
                           co_await parts_.buyers.look(context.shop(), session));
  v1::LeaveMessageResponse response;
  *response.mutable_state() = std::move(look.state);
  co_return response;
}

Task<absl::StatusOr<v1::RateSessionResponse>> BuyerService::RateSession(
    CallContext context, v1::RateSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, OwnSession(context, request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(
      const inquiries::v1::Conversation conversation,
      co_await GetConversation(parts_.inquiries, context, session.conversation().str()));
  const inquiries::v1::Inquiry& last = conversation.inquiry();
  if (last.session() == session.str() && last.state() == inquiries::v1::Inquiry::STATE_OPEN) {
    co_return Error(absl::StatusCode::kFailedPrecondition, "SESSION_OPEN",
                    "The session still goes on; rate it when it has ended.");
  }
  common::v1::Content content;
  *content.mutable_rating() = std::move(*request.mutable_rating());
  inquiries::v1::AppendRequest append =
      EntryBy(context, session, request.request_id(), std::move(content));
  append.set_aside(true);
  absl::StatusOr<inquiries::v1::AppendResponse> appended =
      co_await parts_.inquiries.Append(context.scope, std::move(append));
  if (!appended.ok()) co_return appended.status();
  v1::RateSessionResponse response;
  *response.mutable_entry() = std::move(*appended->mutable_entry());
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
  const BuyerParts& buyers = parts_.buyers;
  streams::BuyerStream stream({parts_.hub, parts_.inquiries, parts_.find_agent, buyers.look,
                               buyers.presence, buyers.queues, parts_.clock},
                              std::move(context), std::move(resume), writer, executor);
  co_return co_await stream.Run();
}

}  // namespace kefu::gateway
