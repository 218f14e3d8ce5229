#include "gateway/rpc/agent_service.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cstdlib>
#include <utility>

#include "gateway/rpc/content_rules.h"
#include "gateway/rpc/conversation_calls.h"
#include "gateway/rpc/methods.h"
#include "gateway/streams/agent_stream.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway {
namespace {

constexpr uint32_t kDefaultPage = 100;
constexpr uint32_t kMaxPage = 500;
constexpr size_t kMaxReasonBytes = 64;

bool IsSupervisor(const CallContext& context) { return context.caller.role == ROLE_SUPERVISOR; }

absl::Status NoSuchSession() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_SESSION",
               "There is no such session among those you may see.");
}

uint32_t PageSize(uint32_t asked) { return asked == 0 ? kDefaultPage : std::min(asked, kMaxPage); }

}  // namespace

AgentService::AgentService(SessionParts parts)
    : parts_(std::move(parts)),
      take_away_([this](CallContext context, AgentId agent, v1::Session session) {
        return TakeAway(std::move(context), std::move(agent), std::move(session));
      }) {}

void AgentService::Register(Registry& registry) {
  Methods<AgentService>(registry, "kefu.gateway.v1.AgentService", this)
      .Stream("Subscribe", &AgentService::Subscribe)
      .Unary("SetPresence", &AgentService::SetPresence)
      .Unary("SendMessage", &AgentService::SendMessage)
      .Unary("ListMessages", &AgentService::ListMessages)
      .Unary("MoveMarks", &AgentService::MoveMarks)
      .Unary("SetTyping", &AgentService::SetTyping)
      .Unary("ListSessions", &AgentService::ListSessions)
      .Unary("GetSession", &AgentService::GetSession)
      .Unary("TransferSession", &AgentService::TransferSession)
      .Unary("TakeOverSession", &AgentService::TakeOverSession)
      .Unary("CloseSession", &AgentService::CloseSession)
      .Unary("ReopenSession", &AgentService::ReopenSession)
      .Unary("ListAgentStates", &AgentService::ListAgentStates);
}

Task<absl::Status> AgentService::Connect(server::CallScope scope, ShopId shop, AgentId agent) {
  absl::StatusOr<routing::KnownAgent> known = co_await parts_.find_agent(shop, std::move(agent));
  if (!known.ok()) co_return known.status();
  absl::StatusOr<routing::Outcome> connected =
      co_await parts_.router.ConnectAgent(shop, known->profile);
  if (!connected.ok()) co_return connected.status();
  co_return co_await parts_.announcer.Announce(std::move(scope), std::move(shop),
                                               *std::move(connected));
}

Task<> AgentService::Reconnect(ShopId shop, AgentId agent) {
  server::CallScope scope;
  scope.trace.traceparent = TraceparentOrNew("");
  scope.deadline_ms = MonotonicMs() + 1000;
  const absl::Status connected = co_await Connect(scope, std::move(shop), std::move(agent));
  if (!connected.ok()) {
    log::Warn("an agent was not connected again", {{"reason", ErrorReason(connected)}},
              &scope.trace);
  }
}

Task<absl::Status> AgentService::Subscribe(CallContext context, v1::AgentSubscribeRequest request,
                                           StreamWriter& writer) {
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  server::CallScope scope = context.scope;
  scope.deadline_ms = MonotonicMs() + 3000;
  KEFU_CO_RETURN_IF_ERROR(co_await Connect(std::move(scope), context.shop(), agent));
  absl::StatusOr<routing::KnownAgent> known = co_await parts_.find_agent(context.shop(), agent);
  if (!known.ok()) co_return known.status();
  const Executor executor = co_await boost::asio::this_coro::executor;
  streams::AgentStream::Parts parts{HeldParts(parts_), parts_.leases, take_away_};
  streams::AgentStream stream(parts, std::move(context), agent, std::move(request),
                              known->answer_limit_ms, writer, executor);
  co_return co_await stream.Run();
}

Task<absl::Status> AgentService::TakeAway(CallContext context, AgentId agent, v1::Session session) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId id, SessionId::Parse(session.session()));
  // First the break, or routing might give it back to a program that is alone.
  absl::StatusOr<routing::Outcome> away =
      co_await parts_.router.SetPresence(context.shop(), agent, v1::PRESENCE_BREAK);
  if (!away.ok()) co_return away.status();
  KEFU_CO_RETURN_IF_ERROR(
      co_await parts_.announcer.Announce(context.scope, context.shop(), *std::move(away)));
  std::optional<AgentId> to_nobody;
  absl::StatusOr<v1::Session> waits = co_await parts_.flow.Transfer(
      context.scope, context.shop(), id, std::move(agent), session.fence(), std::move(to_nobody));
  co_return waits.status();
}

Task<absl::StatusOr<v1::SetPresenceResponse>> AgentService::SetPresence(
    CallContext context, v1::SetPresenceRequest request) {
  if (request.presence() == v1::PRESENCE_UNSPECIFIED || !v1::Presence_IsValid(request.presence())) {
    co_return InvalidField("presence", "Choose online, busy, break, hung-up or offline.");
  }
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  absl::StatusOr<routing::Outcome> set =
      co_await parts_.router.SetPresence(context.shop(), agent, request.presence());
  if (!set.ok()) co_return set.status();
  KEFU_CO_RETURN_IF_ERROR(
      co_await parts_.announcer.Announce(context.scope, context.shop(), *std::move(set)));
  absl::StatusOr<routing::AgentSnapshot> snapshot =
      co_await parts_.router.GetAgent(context.shop(), agent);
  if (!snapshot.ok()) co_return snapshot.status();
  v1::SetPresenceResponse response;
  *response.mutable_agent() = std::move(snapshot->agent);
  co_return response;
}

Task<absl::StatusOr<v1::AgentSendMessageResponse>> AgentService::SendMessage(
    CallContext context, v1::AgentSendMessageRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  KEFU_CO_RETURN_IF_ERROR(CheckAgentContent(request.content()));
  inquiries::v1::AppendRequest append;
  append.set_shop(context.shop().str());
  append.set_conversation(session.conversation().str());
  append.set_session(session.str());
  append.mutable_sender()->set_kind(common::v1::Sender::KIND_AGENT);
  append.mutable_sender()->set_id(agent.str());
  absl::StatusOr<routing::KnownAgent> known = co_await parts_.find_agent(context.shop(), agent);
  if (!known.ok()) co_return known.status();
  append.mutable_sender()->set_display_name(known->display_name);
  append.set_fence(request.fence());
  append.set_request_id(request.request_id());
  append.set_channel(common::v1::CHANNEL_WIDGET);
  *append.mutable_content() = std::move(*request.mutable_content());
  absl::StatusOr<inquiries::v1::AppendResponse> appended =
      co_await parts_.flow.AppendByAgent(context.scope, std::move(append));
  if (!appended.ok()) co_return appended.status();
  v1::AgentSendMessageResponse response;
  *response.mutable_entry() = std::move(*appended->mutable_entry());
  response.set_store_epoch(appended->store_epoch());
  co_return response;
}

Task<absl::StatusOr<inquiries::v1::Conversation>> AgentService::Visible(CallContext context,
                                                                        std::string conversation) {
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId id, ConversationId::Parse(conversation));
  absl::StatusOr<inquiries::v1::Conversation> got =
      co_await GetConversation(parts_.inquiries, context, id.str());
  if (absl::IsNotFound(got.status())) co_return NoSuchConversation();
  if (!got.ok()) co_return got.status();
  if (!MayRead(context.caller, *got)) co_return NoSuchConversation();
  co_return got;
}

Task<absl::StatusOr<v1::AgentListMessagesResponse>> AgentService::ListMessages(
    CallContext context, v1::AgentListMessagesRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId id, ConversationId::Parse(request.conversation()));
  absl::StatusOr<inquiries::v1::Conversation> found =
      co_await GetConversation(parts_.inquiries, context, id.str());
  if (!found.ok() && !absl::IsNotFound(found.status())) co_return found.status();
  const bool admitted =
      found.ok() && (MayRead(context.caller, *found) || MayListen(context.caller, *found));
  if (!admitted) co_return NoSuchConversation();
  absl::StatusOr<inquiries::v1::ListEntriesResponse> listed =
      co_await ListEntries(parts_.inquiries, context, request.conversation(),
                           inquiries::v1::AUDIENCE_STAFF, EntryRange::Of(request));
  if (!listed.ok()) co_return listed.status();
  v1::AgentListMessagesResponse response;
  response.mutable_entries()->Swap(listed->mutable_entries());
  response.set_head_seq(listed->head_seq());
  response.set_store_epoch(listed->store_epoch());
  co_return response;
}

Task<absl::StatusOr<v1::AgentMoveMarksResponse>> AgentService::MoveMarks(
    CallContext context, v1::AgentMoveMarksRequest request) {
  KEFU_CO_RETURN_IF_ERROR(co_await Visible(context, request.conversation()));
  common::v1::Marks marks;
  marks.set_conversation(request.conversation());
  marks.set_party(common::v1::Sender::KIND_AGENT);
  marks.set_delivered_seq(request.delivered_seq());
  marks.set_read_seq(request.read_seq());
  absl::StatusOr<common::v1::Marks> moved =
      co_await kefu::gateway::MoveMarks(parts_.inquiries, context, std::move(marks));
  if (!moved.ok()) co_return moved.status();
  v1::AgentMoveMarksResponse response;
  *response.mutable_marks() = *std::move(moved);
  co_return response;
}

Task<absl::StatusOr<v1::AgentSetTypingResponse>> AgentService::SetTyping(
    CallContext context, v1::AgentSetTypingRequest request) {
  KEFU_CO_RETURN_IF_ERROR(co_await Visible(context, request.conversation()));
  PublishTyping(parts_.announcer, context, request.conversation(), common::v1::Sender::KIND_AGENT,
                request.typing());
  co_return v1::AgentSetTypingResponse();
}

Task<absl::StatusOr<v1::ListSessionsResponse>> AgentService::ListSessions(
    CallContext context, v1::ListSessionsRequest request) {
  const uint32_t limit = PageSize(request.page_size());
  absl::StatusOr<std::vector<v1::Session>> sessions;
  v1::ListSessionsResponse response;
  if (request.scope() == v1::ListSessionsRequest::SCOPE_ALL) {
    if (!IsSupervisor(context)) {
      co_return Error(absl::StatusCode::kPermissionDenied, "ROLE_NOT_ALLOWED",
                      "Only supervisors list all sessions; ask for your own or the waiting ones.");
    }
    sessions = co_await parts_.router.ListLive(context.shop(), request.page_token(), limit);
    if (sessions.ok() && sessions->size() == limit)
      response.set_next_page_token(sessions->back().session());
  } else if (request.scope() == v1::ListSessionsRequest::SCOPE_WAITING) {
    const uint32_t offset =
        static_cast<uint32_t>(std::strtoul(request.page_token().c_str(), nullptr, 10));
    sessions = co_await parts_.router.ListWaiting(context.shop(), offset, limit);
    if (sessions.ok() && sessions->size() == limit)
      response.set_next_page_token(std::to_string(offset + limit));
  } else {
    KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
    absl::StatusOr<routing::AgentSnapshot> snapshot =
        co_await parts_.router.GetAgent(context.shop(), agent);
    // Never connected: holds nothing.
    if (absl::IsNotFound(snapshot.status())) co_return response;
    if (!snapshot.ok()) co_return snapshot.status();
    sessions = std::move(snapshot->sessions);
  }
  if (!sessions.ok()) co_return sessions.status();
  for (v1::Session& session : *sessions) *response.add_sessions() = std::move(session);
  co_return response;
}

Task<absl::StatusOr<v1::Session>> AgentService::GetSession(CallContext context,
                                                           v1::GetSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId id, SessionId::Parse(request.session()));
  absl::StatusOr<v1::Session> session = co_await parts_.router.GetSession(context.shop(), id);
  if (absl::IsNotFound(session.status())) co_return NoSuchSession();
  if (!session.ok()) co_return session.status();
  const bool waiting = session->state() == v1::Session::STATE_WAITING;
  if (!waiting && session->agent() != context.caller.subject && !IsSupervisor(context))
    co_return NoSuchSession();
  co_return session;
}

Task<absl::StatusOr<v1::TransferSessionResponse>> AgentService::TransferSession(
    CallContext context, v1::TransferSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId from, AgentId::Parse(context.caller.subject));
  std::optional<AgentId> to;
  if (!request.to_agent().empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(to, AgentId::Parse(request.to_agent()));
    KEFU_CO_RETURN_IF_ERROR(co_await parts_.find_agent(context.shop(), *to));
  }
  if (!request.note().empty()) {
    // First the note, while the session is still the caller's: it is part of the context that
    // moves.
    v1::AgentSendMessageRequest note;
    note.set_request_id(request.request_id());
    note.set_session(request.session());
    note.set_fence(request.fence());
    note.mutable_content()->mutable_note()->set_body(request.note());
    absl::StatusOr<v1::AgentSendMessageResponse> noted =
        co_await SendMessage(context, std::move(note));
    if (!noted.ok()) co_return noted.status();
  }
  absl::StatusOr<v1::Session> moved = co_await parts_.flow.Transfer(
      context.scope, context.shop(), session, from, request.fence(), std::move(to));
  if (!moved.ok()) co_return moved.status();
  v1::TransferSessionResponse response;
  *response.mutable_session() = *std::move(moved);
  co_return response;
}

Task<absl::StatusOr<v1::TakeOverSessionResponse>> AgentService::TakeOverSession(
    CallContext context, v1::TakeOverSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId by, AgentId::Parse(context.caller.subject));
  absl::StatusOr<v1::Session> taken =
      co_await parts_.flow.TakeOver(context.scope, context.shop(), session, by);
  if (!taken.ok()) co_return taken.status();
  v1::TakeOverSessionResponse response;
  *response.mutable_session() = *std::move(taken);
  co_return response;
}

Task<absl::StatusOr<v1::CloseSessionResponse>> AgentService::CloseSession(
    CallContext context, v1::CloseSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  if (request.reason().size() > kMaxReasonBytes) {
    co_return InvalidField("reason",
                           "Keep the reason within 64 bytes; what happened belongs into a note.");
  }
  if (request.fence() == 0 && !IsSupervisor(context)) {
    co_return InvalidField(
        "fence", "Name the fence under which you hold the session; it stands in its frame.");
  }
  inquiries::v1::CloseInquiryRequest close;
  close.set_shop(context.shop().str());
  close.set_session(session.str());
  close.set_request_id(request.request_id());
  close.set_fence(request.fence());
  close.set_agent(context.caller.subject);
  close.set_last_seen_seq(request.last_seen_seq());
  close.set_reason(request.reason());
  absl::StatusOr<v1::Session> closed = co_await parts_.flow.Close(context.scope, std::move(close));
  if (!closed.ok()) co_return closed.status();
  v1::CloseSessionResponse response;
  *response.mutable_session() = *std::move(closed);
  co_return response;
}

Task<absl::StatusOr<v1::ReopenSessionResponse>> AgentService::ReopenSession(
    CallContext context, v1::ReopenSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  KEFU_CO_RETURN_IF_ERROR(co_await Visible(context, session.conversation().str()));
  inquiries::v1::ReopenInquiryRequest reopen;
  reopen.set_shop(context.shop().str());
  reopen.set_session(session.str());
  reopen.set_request_id(request.request_id());
  absl::StatusOr<v1::Session> reopened =
      co_await parts_.flow.Reopen(context.scope, std::move(reopen), agent);
  if (!reopened.ok()) co_return reopened.status();
  v1::ReopenSessionResponse response;
  *response.mutable_session() = *std::move(reopened);
  co_return response;
}

Task<absl::StatusOr<v1::ListAgentStatesResponse>> AgentService::ListAgentStates(
    CallContext context, v1::ListAgentStatesRequest) {
  absl::StatusOr<std::vector<v1::AgentState>> agents =
      co_await parts_.router.ListAgents(context.shop());
  if (!agents.ok()) co_return agents.status();
  v1::ListAgentStatesResponse response;
  for (v1::AgentState& agent : *agents) {
    absl::StatusOr<AgentId> id = AgentId::Parse(agent.agent());
    if (!id.ok()) co_return id.status();
    absl::StatusOr<routing::KnownAgent> known =
        co_await parts_.find_agent(context.shop(), *std::move(id));
    // Disabled or removed: nobody to transfer to.
    if (!known.ok()) continue;
    agent.set_display_name(known->display_name);
    *response.add_agents() = std::move(agent);
  }
  co_return response;
}

}  // namespace kefu::gateway
