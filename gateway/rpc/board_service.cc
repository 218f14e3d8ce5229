#include "gateway/rpc/board_service.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <utility>
#include <vector>

#include "gateway/rpc/agent_calls.h"
#include "gateway/rpc/explanations.h"
#include "gateway/rpc/methods.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

constexpr uint32_t kDefaultPage = 20;
constexpr uint32_t kMaxPage = 50;

// How many were listed before.
absl::StatusOr<uint32_t> OffsetOf(const std::string& page_token) {
  uint32_t offset = 0;
  if (page_token.empty()) return offset;
  const char* const end = page_token.data() + page_token.size();
  const auto [read, error] = std::from_chars(page_token.data(), end, offset);
  if (error == std::errc() && read == end) return offset;
  return InvalidField("page_token", "Send the token that the last page came with, or none.");
}

}  // namespace

BoardService::BoardService(SessionParts parts, sessions::RoutingPlans& plans)
    : parts_(std::move(parts)),
      plans_(plans),
      board_(parts_, plans),
      read_board_([this](ShopId shop, int64_t not_before_ms) {
        return board_.Read(std::move(shop), not_before_ms);
      }) {}

void BoardService::Register(Registry& registry) {
  Methods<BoardService>(registry, "kefu.gateway.v1.BoardService", this)
      .Stream("WatchBoard", &BoardService::WatchBoard)
      .Unary("GetBoard", &BoardService::GetBoard)
      .Unary("ListQueue", &BoardService::ListQueue)
      .Unary("ExplainSession", &BoardService::ExplainSession)
      .Unary("SetAgentPresence", &BoardService::SetAgentPresence);
}

Task<absl::Status> BoardService::WatchBoard(CallContext context, v1::WatchBoardRequest,
                                            StreamWriter& writer) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  streams::BoardStream::Parts parts{parts_.hub, parts_.inquiries, parts_.still_signed_in,
                                    parts_.clock, read_board_};
  streams::BoardStream stream(parts, std::move(context), writer, executor);
  co_return co_await stream.Run();
}

Task<absl::StatusOr<v1::Board>> BoardService::GetBoard(CallContext context, v1::GetBoardRequest) {
  KEFU_CO_ASSIGN_OR_RETURN(const BoardReader::Shared board,
                           co_await board_.Read(context.shop(), MonotonicMs()));
  co_return *board;
}

Task<absl::StatusOr<v1::ListQueueResponse>> BoardService::ListQueue(CallContext context,
                                                                    v1::ListQueueRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const uint32_t offset, OffsetOf(request.page_token()));
  const uint32_t limit =
      request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kMaxPage);
  KEFU_CO_ASSIGN_OR_RETURN(const sessions::RoutingPlans::Shared plan,
                           co_await plans_.Of(context.shop()));
  absl::StatusOr<std::vector<v1::Session>> waiting =
      co_await parts_.router.ListWaiting(context.shop(), offset, limit);
  if (!waiting.ok()) co_return waiting.status();
  v1::ListQueueResponse response;
  for (const v1::Session& session : *waiting) {
    KEFU_CO_ASSIGN_OR_RETURN(SessionId id, SessionId::Parse(session.session()));
    absl::StatusOr<routing::Explanation> explained =
        co_await parts_.router.Explain(context.shop(), std::move(id));
    if (absl::IsNotFound(explained.status())) continue;
    if (!explained.ok()) co_return explained.status();
    // Somebody got it meanwhile.
    const bool waits = explained->session.session.state() == v1::Session::STATE_WAITING;
    if (waits) *response.add_sessions() = ToMessage(*explained, plan->classes());
  }
  if (waiting->size() == limit) response.set_next_page_token(std::to_string(offset + limit));
  co_return response;
}

Task<absl::StatusOr<v1::ExplainSessionResponse>> BoardService::ExplainSession(
    CallContext context, v1::ExplainSessionRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId id, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const sessions::RoutingPlans::Shared plan,
                           co_await plans_.Of(context.shop()));
  absl::StatusOr<routing::Explanation> explained =
      co_await parts_.router.Explain(context.shop(), id);
  if (absl::IsNotFound(explained.status())) co_return NoSuchSession();
  if (!explained.ok()) co_return explained.status();
  const v1::Session& session = explained->session.session;
  const bool visible = context.caller.role != ROLE_AGENT ||
                       session.state() == v1::Session::STATE_WAITING ||
                       session.agent() == context.caller.subject;
  if (!visible) co_return NoSuchSession();
  v1::ExplainSessionResponse response;
  *response.mutable_explanation() = ToMessage(*explained, plan->classes());
  co_return response;
}

Task<absl::StatusOr<v1::SetAgentPresenceResponse>> BoardService::SetAgentPresence(
    CallContext context, v1::SetAgentPresenceRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(request.agent()));
  absl::StatusOr<routing::KnownAgent> known = co_await parts_.find_agent(context.shop(), agent);
  if (!known.ok()) co_return known.status();
  KEFU_CO_ASSIGN_OR_RETURN(v1::AgentState state,
                           co_await SetPresence(parts_, context, agent, request.presence()));
  state.set_display_name(known->display_name);
  v1::SetAgentPresenceResponse response;
  *response.mutable_agent() = std::move(state);
  co_return response;
}

}  // namespace kefu::gateway
