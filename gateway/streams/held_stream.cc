#include "gateway/streams/held_stream.h"

#include <algorithm>
#include <set>
#include <utility>

#include "gateway/triage/triage.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::streams {
namespace {

bool IsServed(const v1::Session& session) { return session.state() == v1::Session::STATE_ACTIVE; }
bool IsHeard(const v1::Session& session) {
  return IsServed(session) || session.state() == v1::Session::STATE_WRAP;
}

}  // namespace

HeldStream::HeldStream(Parts parts, CallContext context, AgentId agent, ResumeTokens resume,
                       StreamWriter& writer, Executor executor)
    : TypedStream(parts.hub, parts.inquiries, parts.clock, std::move(context), writer,
                  inquiries::v1::AUDIENCE_STAFF, executor),
      router_(parts.router),
      still_signed_in_(parts.still_signed_in),
      agent_(std::move(agent)) {
  for (v1::ResumeToken& token : resume) resume_[token.conversation()] = std::move(token);
}

HeldStream::~HeldStream() { hub().Leave(shop(), agent_.str(), inbox()); }

Task<absl::Status> HeldStream::MayGoOn() {
  absl::Status signed_in = co_await still_signed_in_(context().caller);
  // A store that cannot be asked is no reason to stop listening; it is asked again.
  if (!absl::IsUnauthenticated(signed_in)) co_return absl::OkStatus();
  co_return signed_in;
}

Task<absl::StatusOr<routing::AgentSnapshot>> HeldStream::ReadHeld() {
  co_return co_await router_.GetAgent(shop(), agent_);
}

Task<absl::Status> HeldStream::Begin() {
  CheckRegularly();
  // Listen first, read then: a change in between is seen at least once.
  hub().Listen(shop(), agent_.str(), inbox());
  absl::StatusOr<routing::AgentSnapshot> read = co_await ReadHeld();
  if (!read.ok()) co_return read.status();
  shown_version_ = read->agent.version();
  OnAgentShown(read->agent);
  v1::AgentSnapshot snapshot;
  *snapshot.mutable_agent() = read->agent;
  snapshot.set_waiting(read->waiting);
  KEFU_CO_ASSIGN_OR_RETURN(const uint64_t store_epoch, co_await StoreEpoch());
  snapshot.set_store_epoch(store_epoch);
  std::map<std::string, Known> known;
  for (v1::Session& session : read->sessions) {
    known[session.session()] = co_await Complete(&session);
    *snapshot.add_sessions() = session;
    held_[session.session()] = std::move(session);
  }
  KEFU_CO_RETURN_IF_ERROR(co_await AddTo(&snapshot));
  Send(Make(&v1::AgentFrame::mutable_snapshot, snapshot));
  for (const auto& [name, session] : held_) {
    if (!IsHeard(session)) continue;
    if (IsServed(session)) OnServed(session);
    Hear(session.conversation(), known[name]);
  }
  co_await OnBegun();
  // What is heard from here on is new to the client.
  resume_.clear();
  co_return absl::OkStatus();
}

Task<> HeldStream::OnNotice(NoticePtr notice) {
  if (const auto* changed = std::get_if<v1::AgentChanged>(&notice->body)) {
    if (changed->agent().version() > shown_version_) co_await Refresh();
  } else if (const auto* routed = std::get_if<v1::SessionRouted>(&notice->body)) {
    const auto held = held_.find(routed->session().session());
    const bool news = held == held_.end() ? routed->session().agent() == agent_.str()
                                          : routed->session().version() > held->second.version();
    if (news) co_await Refresh();
  } else if (std::holds_alternative<AgentPoke>(notice->body)) {
    co_await Refresh();
  }
}

Task<> HeldStream::OnOverflow() { co_await Refresh(); }

Task<> HeldStream::Refresh() {
  absl::StatusOr<routing::AgentSnapshot> read = co_await ReadHeld();
  if (!read.ok()) {
    // The comparison of versions asks again.
    log::Warn("an agent's sessions could not be read", {{"reason", ErrorReason(read.status())}},
              &context().scope.trace);
    co_return;
  }
  std::set<std::string> now;
  for (const v1::Session& session : read->sessions) now.insert(session.session());
  // First what went: the conversation of a closed session goes on in the next one.
  for (auto held = held_.begin(); held != held_.end();) {
    if (now.count(held->first) > 0) {
      ++held;
      continue;
    }
    const v1::Session gone = std::move(held->second);
    held = held_.erase(held);
    Lost(gone);
  }
  for (v1::Session& session : read->sessions) {
    const auto held = held_.find(session.session());
    if (held == held_.end() || held->second.version() < session.version())
      co_await Changed(std::move(session));
  }
  if (read->agent.version() > shown_version_) {
    shown_version_ = read->agent.version();
    OnAgentShown(read->agent);
    Send(Make(&v1::AgentFrame::mutable_agent, read->agent));
  }
}

Task<> HeldStream::Changed(v1::Session session) {
  const Known known = co_await Complete(&session);
  v1::SessionChanged changed;
  changed.set_held(true);
  *changed.mutable_session() = session;
  Send(Make(&v1::AgentFrame::mutable_session, changed));
  // What came while only an earlier session was in wrap-up was not shown: it is heard anew.
  const std::string conversation = session.conversation();
  const bool begins = IsServed(session) && !Holds(conversation, v1::Session::STATE_ACTIVE);
  if (begins && !AlsoHears(conversation)) Unfollow(conversation);
  v1::Session& held = held_[session.session()];
  const bool served_before = IsServed(held);
  held = std::move(session);
  if (IsServed(held)) OnServed(held);
  if (served_before && !IsServed(held)) OnLeft(held);
  if (IsHeard(held)) {
    Hear(conversation, known);
  } else {
    HearNoMore(conversation);
  }
}

void HeldStream::Lost(const v1::Session& session) {
  v1::SessionChanged changed;
  changed.set_held(false);
  *changed.mutable_session() = session;
  Send(Make(&v1::AgentFrame::mutable_session, changed));
  if (IsServed(session)) OnLeft(session);
  HearNoMore(session.conversation());
}

bool HeldStream::Holds(const std::string& conversation, v1::Session::State state) const {
  return std::any_of(held_.begin(), held_.end(), [&](const auto& held) {
    return held.second.state() == state && held.second.conversation() == conversation;
  });
}

bool HeldStream::Admits(const common::v1::Entry& entry) const {
  const std::string& conversation = entry.conversation();
  if (AlsoHears(conversation) || Holds(conversation, v1::Session::STATE_ACTIVE)) return true;
  return held_.count(entry.session()) > 0;
}

void HeldStream::Hear(const std::string& conversation, const Known& known) {
  const absl::StatusOr<ConversationId> id = ConversationId::Parse(conversation);
  if (!id.ok() || Follows(conversation)) return;
  // How far everybody has got, which no notice will tell again.
  for (const common::v1::Marks& marks : known.marks) Send(MarksFrame(marks));
  const auto token = resume_.find(conversation);
  if (token == resume_.end()) {
    Follow(*id, 0, known.before_first);
  } else {
    Follow(*id, token->second.store_epoch(), token->second.seq());
  }
}

void HeldStream::HearNoMore(const std::string& conversation) {
  const bool held = Holds(conversation, v1::Session::STATE_ACTIVE) ||
                    Holds(conversation, v1::Session::STATE_WRAP);
  if (!held && !AlsoHears(conversation)) Unfollow(conversation);
}

Task<absl::StatusOr<uint64_t>> HeldStream::StoreEpoch() {
  inquiries::v1::BatchGetHeadsRequest request;
  request.set_shop(shop().str());
  server::CallScope scope = NewScope();
  absl::StatusOr<inquiries::v1::BatchGetHeadsResponse> heads =
      co_await inquiries().Call(&InquiriesClient::Conversations::BatchGetHeads, scope, request);
  if (!heads.ok()) co_return heads.status();
  co_return heads->store_epoch();
}

Task<HeldStream::Known> HeldStream::Complete(v1::Session* session) {
  inquiries::v1::GetConversationRequest request;
  request.set_shop(shop().str());
  request.set_conversation(session->conversation());
  server::CallScope scope = NewScope();
  absl::StatusOr<inquiries::v1::Conversation> conversation =
      co_await inquiries().Call(&InquiriesClient::Conversations::GetConversation, scope, request);
  if (!conversation.ok()) {
    // The name is missing then, and the view begins with the conversation; nothing said is lost.
    log::Warn("a session is shown without its buyer's name",
              {{"reason", ErrorReason(conversation.status())}}, &scope.trace);
    co_return Known();
  }
  session->set_buyer_display_name(conversation->display_name());
  *session->mutable_opening() = conversation->inquiry().opening();
  *session->mutable_triage() = TriageOf(session->opening());
  Known known;
  const uint64_t first = conversation->inquiry().first_seq();
  if (first > 0) known.before_first = first - 1;
  known.marks = std::move(*conversation->mutable_marks());
  co_return known;
}

}  // namespace kefu::gateway::streams
