#include "gateway/rpc/agent_calls.h"

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

constexpr size_t kMaxReasonBytes = 64;
constexpr size_t kMaxNoteBytes = 8192;

bool HasNul(const std::string& text) { return text.find('\0') != std::string::npos; }

// Everything but the content.
Task<absl::StatusOr<inquiries::v1::AppendRequest>> ByCaller(const SessionParts& parts,
                                                            CallContext context,
                                                            SessionId session) {
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  absl::StatusOr<routing::KnownAgent> known = co_await parts.find_agent(context.shop(), agent);
  if (!known.ok()) co_return known.status();
  inquiries::v1::AppendRequest append;
  append.set_shop(context.shop().str());
  append.set_conversation(session.conversation().str());
  append.set_session(session.str());
  append.mutable_sender()->set_kind(common::v1::Sender::KIND_AGENT);
  append.mutable_sender()->set_id(agent.str());
  append.mutable_sender()->set_display_name(known->display_name);
  append.set_channel(common::v1::CHANNEL_WIDGET);
  co_return append;
}

}  // namespace

absl::Status NoSuchSession() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_SESSION",
               "There is no such session among those you may see.");
}

absl::Status CheckReason(const std::string& reason) {
  if (reason.size() <= kMaxReasonBytes && !HasNul(reason)) return absl::OkStatus();
  return InvalidField("reason",
                      "Keep the reason within 64 bytes; what happened belongs into a note.");
}

absl::Status CheckNote(std::string_view field, const std::string& text) {
  if (!text.empty() && text.size() <= kMaxNoteBytes && !HasNul(text)) return absl::OkStatus();
  return InvalidField(field, "Say something in 1 to 8192 bytes without NUL.");
}

Task<absl::StatusOr<inquiries::v1::AppendResponse>> AppendAsOwner(const SessionParts& parts,
                                                                  CallContext context,
                                                                  SessionId session, uint64_t fence,
                                                                  AgentWords words) {
  KEFU_CO_ASSIGN_OR_RETURN(inquiries::v1::AppendRequest append,
                           co_await ByCaller(parts, context, std::move(session)));
  append.set_fence(fence);
  append.set_request_id(std::move(words.request_id));
  *append.mutable_content() = std::move(words.content);
  co_return co_await parts.flow.AppendByAgent(context.scope, std::move(append));
}

Task<absl::StatusOr<inquiries::v1::AppendResponse>> AppendAside(const SessionParts& parts,
                                                                CallContext context,
                                                                SessionId session,
                                                                std::string request_id,
                                                                common::v1::InternalNote note) {
  KEFU_CO_ASSIGN_OR_RETURN(inquiries::v1::AppendRequest append,
                           co_await ByCaller(parts, context, std::move(session)));
  append.set_aside(true);
  append.set_request_id(std::move(request_id));
  *append.mutable_content()->mutable_note() = std::move(note);
  co_return co_await parts.inquiries.Append(context.scope, std::move(append));
}

Task<absl::Status> AppendStaffLine(const SessionParts& parts, CallContext context,
                                   SessionId session, std::string request_id,
                                   common::v1::SystemLine line) {
  const std::string& agent = context.caller.subject;
  line.set_staff_only(true);
  (*line.mutable_parameters())["agent"] = agent;
  inquiries::v1::AppendRequest append;
  append.set_shop(context.shop().str());
  append.set_conversation(session.conversation().str());
  append.set_session(session.str());
  append.mutable_sender()->set_kind(common::v1::Sender::KIND_SYSTEM);
  append.set_channel(common::v1::CHANNEL_WIDGET);
  // The system is one sender, whose request ids are those of all agents.
  append.set_request_id("line:" + DeriveToken("kefu staff line", agent + "/" + request_id));
  *append.mutable_content()->mutable_system() = std::move(line);
  const auto appended = co_await parts.inquiries.Append(context.scope, std::move(append));
  if (appended.ok() || ErrorReason(appended.status()) == "SESSION_CLOSED")
    co_return absl::OkStatus();
  co_return appended.status();
}

Task<absl::StatusOr<v1::AgentState>> SetPresence(const SessionParts& parts, CallContext context,
                                                 AgentId agent, v1::Presence presence) {
  if (presence == v1::PRESENCE_UNSPECIFIED || !v1::Presence_IsValid(presence)) {
    co_return InvalidField("presence", "Choose online, busy, break, hung-up or offline.");
  }
  absl::StatusOr<routing::Outcome> set =
      co_await parts.router.SetPresence(context.shop(), agent, presence);
  if (!set.ok()) co_return set.status();
  KEFU_CO_RETURN_IF_ERROR(
      co_await parts.announcer.Announce(context.scope, context.shop(), *std::move(set)));
  absl::StatusOr<routing::AgentSnapshot> snapshot =
      co_await parts.router.GetAgent(context.shop(), agent);
  if (!snapshot.ok()) co_return snapshot.status();
  co_return std::move(snapshot->agent);
}

Task<absl::StatusOr<std::vector<v1::AgentState>>> NamedAgents(const SessionParts& parts,
                                                              ShopId shop) {
  absl::StatusOr<std::vector<v1::AgentState>> agents = co_await parts.router.ListAgents(shop);
  if (!agents.ok()) co_return agents.status();
  std::vector<v1::AgentState> named;
  for (v1::AgentState& agent : *agents) {
    KEFU_CO_ASSIGN_OR_RETURN(AgentId id, AgentId::Parse(agent.agent()));
    absl::StatusOr<routing::KnownAgent> known = co_await parts.find_agent(shop, std::move(id));
    // Disabled or removed.
    if (absl::IsNotFound(known.status())) continue;
    if (!known.ok()) co_return known.status();
    agent.set_display_name(known->display_name);
    named.push_back(std::move(agent));
  }
  co_return named;
}

Task<absl::StatusOr<bool>> IsConsulted(const SessionParts& parts, CallContext context,
                                       std::string session, std::string owner) {
  if (owner.empty()) co_return false;
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  KEFU_CO_ASSIGN_OR_RETURN(const consults::Consults consults,
                           co_await parts.consults.Read(context.shop()));
  co_return std::any_of(consults.begin(), consults.end(), [&](const consults::Consult& consult) {
    return consult.agent == agent && consult.session.str() == session &&
           consult.asker.str() == owner;
  });
}

Task<absl::StatusOr<bool>> IsConsulted(const SessionParts& parts, CallContext context,
                                       inquiries::v1::Inquiry last) {
  if (last.state() != inquiries::v1::Inquiry::STATE_OPEN) co_return false;
  co_return co_await IsConsulted(parts, std::move(context), last.session(), last.agent());
}

}  // namespace kefu::gateway
