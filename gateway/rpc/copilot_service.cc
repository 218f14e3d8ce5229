#include "gateway/rpc/copilot_service.h"

#include <google/protobuf/util/time_util.h>

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "gateway/rpc/methods.h"
#include "gateway/streams/follow_stream.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

constexpr size_t kMaxTextBytes = 4000;
constexpr RateRule kSuggestionsOfASession{10, 10'000};
constexpr size_t kMaxKeys = 100'000;

absl::Status CheckCaller(const Caller& caller) {
  if (caller.program || caller.role == ROLE_SUPERVISOR) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "ROLE_NOT_ALLOWED",
               "Agents who are people answer themselves; programs and supervisors suggest.");
}

absl::Status CheckText(const std::string& text) {
  const bool fits = !text.empty() && text.size() <= kMaxTextBytes;
  if (fits && text.find('\0') == std::string::npos) return absl::OkStatus();
  return InvalidField("text", "Suggest 1 to 4000 bytes without NUL.");
}

absl::Status CheckOwned(const v1::Session& session, uint64_t fence) {
  if (session.state() != v1::Session::STATE_ACTIVE || session.agent().empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, "SESSION_WITHOUT_OWNER",
                 "Nobody owns the session now; suggest when somebody does.");
  }
  if (fence == 0 || fence == session.fence()) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, "STALE_FENCE",
               "Another agent owns the session; read it again.",
               {{"fence", std::to_string(session.fence())}});
}

}  // namespace

CopilotService::CopilotService(SessionParts parts)
    : parts_(std::move(parts)), suggestions_(kSuggestionsOfASession, kMaxKeys) {}

void CopilotService::Register(Registry& registry) {
  Methods<CopilotService>(registry, "kefu.gateway.v1.CopilotService", this)
      .Stream("Follow", &CopilotService::Follow)
      .Unary("Suggest", &CopilotService::Suggest);
}

Task<absl::Status> CopilotService::Follow(CallContext context, v1::FollowRequest request,
                                          StreamWriter& writer) {
  KEFU_CO_RETURN_IF_ERROR(CheckCaller(context.caller));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(request.agent()));
  KEFU_CO_RETURN_IF_ERROR(co_await parts_.find_agent(context.shop(), agent));
  const Executor executor = co_await boost::asio::this_coro::executor;
  streams::FollowStream stream(HeldParts(parts_), std::move(context), agent,
                               std::move(*request.mutable_resume()), writer, executor);
  co_return co_await stream.Run();
}

Task<absl::StatusOr<v1::SuggestResponse>> CopilotService::Suggest(CallContext context,
                                                                  v1::SuggestRequest request) {
  KEFU_CO_RETURN_IF_ERROR(CheckCaller(context.caller));
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId id, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId by, AgentId::Parse(context.caller.subject));
  KEFU_CO_RETURN_IF_ERROR(CheckText(request.text()));
  absl::StatusOr<v1::Session> session = co_await parts_.router.GetSession(context.shop(), id);
  if (!session.ok()) co_return session.status();
  KEFU_CO_RETURN_IF_ERROR(CheckOwned(*session, request.fence()));
  const std::string key = context.shop().str() + "/" + by.str() + "/" + id.str();
  const int64_t wait_ms = suggestions_.Admit(key, MonotonicMs());
  if (wait_ms > 0) {
    co_return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, "RATE_LIMITED",
                                   "Nobody reads so many suggestions; try again after the delay."),
                             wait_ms);
  }
  absl::StatusOr<routing::KnownAgent> known = co_await parts_.find_agent(context.shop(), by);
  if (!known.ok()) co_return known.status();

  v1::SuggestionMade made;
  made.set_agent(session->agent());
  made.set_fence(session->fence());
  v1::Suggestion& suggestion = *made.mutable_suggestion();
  suggestion.set_suggestion(request.request_id());
  suggestion.set_session(id.str());
  suggestion.set_answered_seq(request.answered_seq());
  suggestion.set_text(std::move(*request.mutable_text()));
  suggestion.set_agent(by.str());
  suggestion.set_agent_display_name(known->display_name);
  *suggestion.mutable_create_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(parts_.clock.Now().ms);
  parts_.announcer.PublishSuggestion(context.shop(), made, context.scope.trace.traceparent);
  v1::SuggestResponse response;
  response.set_agent(session->agent());
  co_return response;
}

}  // namespace kefu::gateway
