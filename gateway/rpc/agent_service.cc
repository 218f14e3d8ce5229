#include "gateway/rpc/agent_service.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cstdlib>
#include <utility>

#include "gateway/rpc/agent_calls.h"
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

uint32_t PageSize(uint32_t asked) { return asked == 0 ? kDefaultPage : std::min(asked, kMaxPage); }

}  // namespace

AgentService::AgentService(SessionParts parts)
    : parts_(std::move(parts)),
      acts_{[this](CallContext context, AgentId agent, v1::Session session) {
              return TakeAway(std::move(context), std::move(agent), std::move(session));
            },
            [this](CallContext context, SessionId session) {
              return GoOn(std::move(context), std::move(session));
            },
            [this](CallContext context, v1::Session session, common::v1::Entry entry) {
              return parts_.buyers.away.BuyerWrote(context.scope, context.shop(),
                                                   std::move(session), std::move(entry));
            }} {}

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
  streams::AgentStream::Parts parts{HeldParts(parts_), parts_.leases, parts_.consults, acts_};
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

Task<absl::Status> AgentService::GoOn(CallContext context, SessionId session) {
  absl::StatusOr<routing::Outcome> goes_on =
      co_await parts_.router.Unhold(context.shop(), std::move(session));
  // Closed meanwhile: there is nothing to go on with.
  if (ErrorReason(goes_on.status()) == "SESSION_CLOSED") co_return absl::OkStatus();
  if (!goes_on.ok()) co_return goes_on.status();
  co_return co_await parts_.announcer.Announce(context.scope, context.shop(), *std::move(goes_on));
}

Task<absl::StatusOr<v1::SetPresenceResponse>> AgentService::SetPresence(
    CallContext context, v1::SetPresenceRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  KEFU_CO_ASSIGN_OR_RETURN(v1::AgentState state, co_await kefu::gateway::SetPresence(
                                                     parts_, context, agent, request.presence()));
  v1::SetPresenceResponse response;
  *response.mutable_agent() = std::move(state);
  co_return response;
}

Task<absl::StatusOr<v1::AgentSendMessageResponse>> AgentService::SendMessage(
    CallContext context, v1::AgentSendMessageRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_RETURN_IF_ERROR(CheckAgentContent(request.content()));
  AgentWords words{request.request_id(), request.content()};
  absl::StatusOr<inquiries::v1::AppendResponse> appended =
      co_await AppendAsOwner(parts_, context, session, request.fence(), std::move(words));
  if (request.content().has_note() && ErrorReason(appended.status()) == "SESSION_CLOSED") {
    appended = co_await AppendInWrapUp(context, session, std::move(request), appended.status());
  }
  if (!appended.ok()) co_return appended.status();
  v1::AgentSendMessageResponse response;
  *response.mutable_entry() = std::move(*appended->mutable_entry());
  response.set_store_epoch(appended->store_epoch());
  co_return response;
}

Task<absl::StatusOr<inquiries::v1::AppendResponse>> AgentService::AppendInWrapUp(
    CallContext context, SessionId session, v1::AgentSendMessageRequest request,
    absl::Status refused) {
  absl::StatusOr<v1::Session> routed = co_await parts_.router.GetSession(context.shop(), session);
  const bool theirs = routed.ok() && routed->state() == v1::Session::STATE_WRAP &&
                      routed->agent() == context.caller.subject;
  if (!theirs) co_return refused;
  co_return co_await AppendAside(parts_, context, session, request.request_id(),
                                 std::move(*request.mutable_content()->mutable_note()));
}

Task<absl::StatusOr<v1::AgentListMessagesResponse>> AgentService::ListMessages(
    CallContext context, v1::AgentListMessagesRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId id, ConversationId::Parse(request.conversation()));
  absl::StatusOr<inquiries::v1::Conversation> found =
      co_await GetConversation(parts_.inquiries, context, id.str());
  if (!found.ok() && !absl::IsNotFound(found.status())) co_return found.status();
  if (!found.ok()) co_return NoSuchConversation();
  bool admitted = MayRead(context.caller, *found) || MayListen(context.caller, *found);
  if (!admitted) {
    KEFU_CO_ASSIGN_OR_RETURN(admitted, co_await IsConsulted(parts_, context, found->inquiry()));
  }
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
  KEFU_CO_RETURN_IF_ERROR(
      co_await ReadableConversation(parts_.inquiries, context, request.conversation()));
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
  KEFU_CO_RETURN_IF_ERROR(
      co_await ReadableConversation(parts_.inquiries, context, request.conversation()));
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
    KEFU_CO_ASSIGN_OR_RETURN(
        routing::Router::LivePage page,
        co_await parts_.router.ListLive(context.shop(), request.page_token(), limit));
    response.set_next_page_token(std::move(page.next));
    sessions = std::move(page.sessions);
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
  if (waiting || session->agent() == context.caller.subject || IsSupervisor(context))
    co_return session;
  KEFU_CO_ASSIGN_OR_RETURN(
      const bool consulted,
      co_await IsConsulted(parts_, context, session->session(), session->agent()));
  if (!consulted) co_return NoSuchSession();
  co_return session;
}

Task<absl::StatusOr<v1::ListAgentStatesResponse>> AgentService::ListAgentStates(
    CallContext context, v1::ListAgentStatesRequest) {
  KEFU_CO_ASSIGN_OR_RETURN(std::vector<v1::AgentState> agents,
                           co_await NamedAgents(parts_, context.shop()));
  v1::ListAgentStatesResponse response;
  for (v1::AgentState& agent : agents) *response.add_agents() = std::move(agent);
  co_return response;
}

}  // namespace kefu::gateway
