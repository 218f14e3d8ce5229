#include "gateway/rpc/agent_asides.h"

#include <utility>

#include "gateway/rpc/agent_calls.h"
#include "gateway/rpc/methods.h"
#include "services/common/base/failpoint.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

// The commands of all agents of a shop are told apart by who gives them.
redis::Request CommandOf(const CallContext& context, const std::string& request_id,
                         std::string payload) {
  return {context.caller.subject + ":" + request_id, std::move(payload),
          context.scope.trace.traceparent};
}

// The same request always begins the same consult.
ConsultId IdOf(const CallContext& context, const std::string& request_id) {
  const std::string text = context.shop().str() + "/" + context.caller.subject + "/" + request_id;
  return ConsultId::FromToken(DeriveToken("kefu consult", text));
}

}  // namespace

void AgentAsides::Register(Registry& registry) {
  Methods<AgentAsides>(registry, "kefu.gateway.v1.AgentService", this)
      .Unary("StartConsult", &AgentAsides::StartConsult)
      .Unary("EndConsult", &AgentAsides::EndConsult)
      .Unary("WriteConsult", &AgentAsides::WriteConsult)
      .Unary("Whisper", &AgentAsides::Whisper);
}

Task<absl::Status> AgentAsides::CheckOwner(CallContext context, SessionId session, uint64_t fence) {
  absl::StatusOr<v1::Session> routed = co_await parts_.router.GetSession(context.shop(), session);
  if (absl::IsNotFound(routed.status())) co_return NoSuchSession();
  if (!routed.ok()) co_return routed.status();
  const bool served = routed->state() == v1::Session::STATE_ACTIVE;
  if (!served || routed->agent() != context.caller.subject) {
    co_return Error(absl::StatusCode::kFailedPrecondition, "NOT_OWNER",
                    "Only the owner of a session asks colleagues about it.");
  }
  if (routed->fence() == fence) co_return absl::OkStatus();
  co_return Error(absl::StatusCode::kAborted, "STALE_FENCE",
                  "The session changed hands; read it again.",
                  {{"fence", std::to_string(routed->fence())}});
}

Task<absl::StatusOr<v1::StartConsultResponse>> AgentAsides::StartConsult(
    CallContext context, v1::StartConsultRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId asker, AgentId::Parse(context.caller.subject));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(request.agent()));
  if (agent == asker) co_return InvalidField("agent", "Ask a colleague, not yourself.");
  KEFU_CO_RETURN_IF_ERROR(CheckNote("question", request.question()));
  KEFU_CO_RETURN_IF_ERROR(co_await parts_.find_agent(context.shop(), agent));
  KEFU_CO_RETURN_IF_ERROR(co_await CheckOwner(context, session, request.fence()));
  redis::Request command =
      CommandOf(context, request.request_id(), "start/" + session.str() + "/" + agent.str());
  consults::Consult asked{IdOf(context, request.request_id()), session, asker, agent, {}};
  KEFU_CO_ASSIGN_OR_RETURN(
      const consults::Consult consult,
      co_await parts_.consults.Start(std::move(command), context.shop(), std::move(asked)));
  KEFU_FAILPOINT("gateway.consult.after_start");
  // Who follows the session's moves may have passed one that came before the consult was noted.
  const absl::Status still = co_await CheckOwner(context, session, request.fence());
  if (!still.ok()) {
    redis::Request undo;
    const auto ended =
        co_await parts_.consults.End(std::move(undo), context.shop(), session, consult.id, asker);
    if (!ended.ok() && !absl::IsNotFound(ended.status())) co_return ended.status();
    co_return still;
  }
  common::v1::InternalNote question;
  question.set_body(request.question());
  question.set_consult(consult.id.str());
  const auto said =
      co_await AppendAside(parts_, context, session, request.request_id(), std::move(question));
  if (!said.ok()) co_return said.status();
  v1::StartConsultResponse response;
  *response.mutable_consult() = consults::ToMessage(consult, /*ended=*/false);
  parts_.announcer.PublishConsult(context.shop(), response.consult(),
                                  context.scope.trace.traceparent);
  co_return response;
}

Task<absl::StatusOr<v1::EndConsultResponse>> AgentAsides::EndConsult(
    CallContext context, v1::EndConsultRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const ConsultId id, ConsultId::Parse(request.consult()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId by, AgentId::Parse(context.caller.subject));
  redis::Request command = CommandOf(context, request.request_id(), "end/" + id.str());
  KEFU_CO_ASSIGN_OR_RETURN(
      const consults::Consult ended,
      co_await parts_.consults.End(std::move(command), context.shop(), session, id, by));
  v1::EndConsultResponse response;
  *response.mutable_consult() = consults::ToMessage(ended, /*ended=*/true);
  parts_.announcer.PublishConsult(context.shop(), response.consult(),
                                  context.scope.trace.traceparent);
  co_return response;
}

Task<absl::StatusOr<v1::WriteConsultResponse>> AgentAsides::WriteConsult(
    CallContext context, v1::WriteConsultRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_ASSIGN_OR_RETURN(const ConsultId id, ConsultId::Parse(request.consult()));
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId by, AgentId::Parse(context.caller.subject));
  KEFU_CO_RETURN_IF_ERROR(CheckNote("text", request.text()));
  KEFU_CO_ASSIGN_OR_RETURN(const consults::Consults consults,
                           co_await parts_.consults.Read(context.shop()));
  if (consults::Find(consults, session, id, by) == nullptr) co_return consults::NoSuchConsult();
  common::v1::InternalNote note;
  note.set_body(request.text());
  note.set_consult(id.str());
  const auto said =
      co_await AppendAside(parts_, context, session, request.request_id(), std::move(note));
  if (!said.ok()) co_return said.status();
  v1::WriteConsultResponse response;
  *response.mutable_entry() = said->entry();
  co_return response;
}

Task<absl::StatusOr<v1::WhisperResponse>> AgentAsides::Whisper(CallContext context,
                                                               v1::WhisperRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_RETURN_IF_ERROR(CheckNote("text", request.text()));
  absl::StatusOr<v1::Session> routed = co_await parts_.router.GetSession(context.shop(), session);
  if (!routed.ok()) co_return routed.status();
  if (routed->state() != v1::Session::STATE_ACTIVE) {
    co_return Error(absl::StatusCode::kFailedPrecondition, "SESSION_WITHOUT_OWNER",
                    "Nobody owns the session now; whisper when somebody does.");
  }
  common::v1::InternalNote note;
  note.set_body(request.text());
  note.set_whisper(true);
  const auto said =
      co_await AppendAside(parts_, context, session, request.request_id(), std::move(note));
  if (!said.ok()) co_return said.status();
  v1::WhisperResponse response;
  *response.mutable_entry() = said->entry();
  co_return response;
}

}  // namespace kefu::gateway
