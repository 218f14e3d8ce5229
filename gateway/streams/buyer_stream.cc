#include "gateway/streams/buyer_stream.h"

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::streams {
namespace {

// Between two looks at a place: for the first in the queue, more for each one ahead, at most.
constexpr int64_t kLookMs = 1000;
constexpr int64_t kLookMoreMs = 50;
constexpr int64_t kLookMostMs = 10'000;

}  // namespace

BuyerStream::BuyerStream(Parts parts, CallContext context, std::optional<v1::ResumeToken> resume,
                         StreamWriter& writer, Executor executor)
    : TypedStream(parts.hub, parts.inquiries, parts.clock, std::move(context), writer,
                  inquiries::v1::AUDIENCE_BUYER, executor),
      parts_(parts),
      executor_(std::move(executor)),
      resume_(std::move(resume)) {}

BuyerStream::~BuyerStream() {
  if (!present_) return;
  const SessionId* waiting = waits() && session_ ? &*session_ : nullptr;
  parts_.presence.Went(shop(), context().caller.subject, waiting, executor_);
}

Task<absl::Status> BuyerStream::Begin() {
  KEFU_CO_ASSIGN_OR_RETURN(const BuyerId buyer, BuyerId::Parse(context().caller.subject));
  conversation_ = ConversationOf(buyer);
  uint64_t epoch = 0;
  uint64_t seq = 0;
  if (resume_) {
    if (resume_->conversation() != conversation_->str()) {
      co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_CONVERSATION",
                      "There is no such conversation; resume your own, or without a token.");
    }
    epoch = resume_->store_epoch();
    seq = resume_->seq();
  }
  Follow(*conversation_, epoch, seq);
  parts_.presence.Came(shop(), context().caller.subject);
  present_ = true;
  co_return absl::OkStatus();
}

Task<> BuyerStream::OnLive() {
  const View* followed = view(conversation_->str());
  v1::BuyerHello hello;
  hello.set_buyer(context().caller.subject);
  hello.set_conversation(conversation_->str());
  hello.set_store_epoch(followed->epoch());
  hello.set_head_seq(followed->position());
  Send(Make(&v1::BuyerFrame::mutable_hello, hello));
  live_ = true;
  co_await SendState();
}

Task<> BuyerStream::SendState() {
  inquiries::v1::GetConversationRequest request;
  request.set_shop(shop().str());
  request.set_conversation(conversation_->str());
  server::CallScope scope = NewScope();
  absl::StatusOr<inquiries::v1::Conversation> conversation =
      co_await inquiries().Call(&InquiriesClient::Conversations::GetConversation, scope, request);
  // Nothing was said yet, or it cannot be known now; the next change tells.
  if (!conversation.ok()) co_return;
  for (const common::v1::Marks& marks : conversation->marks()) Send(MarksFrame(marks));
  if (conversation->inquiry().state() != inquiries::v1::Inquiry::STATE_OPEN) co_return;
  absl::StatusOr<SessionId> session = SessionId::Parse(conversation->inquiry().session());
  if (!session.ok()) co_return;
  session_ = *std::move(session);
  co_await Look();
}

Task<> BuyerStream::Look() {
  if (!session_) co_return;
  if (queue_ == nullptr) queue_ = parts_.queues.Of(shop());
  const uint64_t changes = queue_->load();
  const SessionId session = *session_;
  absl::StatusOr<BuyerLook> look = co_await parts_.look(shop(), session);
  looked_ms_ = MonotonicMs();
  if (!look.ok()) {
    log::Warn("a buyer's place could not be read", {{"reason", ErrorReason(look.status())}},
              &context().scope.trace);
    if (waits()) LookAgain();
    co_return;
  }
  queue_seen_ = changes;
  Show(std::move(look->state));
  LookAgain();
  if (look->away) co_await parts_.presence.Assert(shop(), session);
}

void BuyerStream::Show(v1::BuyerSessionState state) {
  if (state.SerializeAsString() == shown_.SerializeAsString()) return;
  Send(Make(&v1::BuyerFrame::mutable_session, state));
  shown_ = std::move(state);
}

void BuyerStream::LookAgain() {
  CheckNoMore();
  if (!waits() || shown_.has_parked()) return;
  const int64_t ahead = shown_.place().ahead();
  CheckBy(looked_ms_ + std::min(kLookMostMs, kLookMs + ahead * kLookMoreMs));
}

Task<absl::Status> BuyerStream::MayGoOn() {
  const bool changed = queue_ != nullptr && queue_->load() != queue_seen_;
  if (changed || MonotonicMs() - looked_ms_ >= kLookMostMs) {
    co_await Look();
  } else {
    CheckNoMore();
    if (waits()) CheckBy(MonotonicMs() + kLookMs);
  }
  co_return absl::OkStatus();
}

Task<> BuyerStream::OnNotice(NoticePtr notice) {
  const auto* routed = std::get_if<v1::SessionRouted>(&notice->body);
  if (routed == nullptr) co_return;
  const v1::Session& session = routed->session();
  const absl::StatusOr<SessionId> id = SessionId::Parse(session.session());
  if (!id.ok()) co_return;
  // A late word about an earlier session, or an earlier state.
  if (session_ && id->ordinal() < session_->ordinal()) co_return;
  if (session_ == *id && session.version() < version_) co_return;
  session_ = *id;
  version_ = session.version();
  if (session.state() == v1::Session::STATE_ACTIVE) {
    co_await ShowServed(session.agent());
  } else {
    co_await Look();
  }
}

Task<> BuyerStream::ShowServed(std::string agent) {
  v1::BuyerSessionState state;
  state.set_session(session_->str());
  state.set_state(v1::Session::STATE_ACTIVE);
  state = co_await WithAgent(parts_.find_agent, shop(), std::move(state), std::move(agent));
  Show(std::move(state));
  LookAgain();
}

void BuyerStream::OnShown(const common::v1::Entry& entry) {
  absl::StatusOr<SessionId> session = SessionId::Parse(entry.session());
  if (session.ok() && (!session_ || session_->ordinal() < session->ordinal())) {
    session_ = *std::move(session);
    version_ = 0;
  }
  const bool parked = entry.content().has_system() &&
                      entry.content().system().kind() == common::v1::SystemLine::KIND_PARKED;
  // Routing need not have a word in this.
  if (parked && live_) {
    looked_ms_ = 0;
    CheckBy(0);
  }
}

Task<> BuyerStream::OnOverflow() { co_await SendState(); }

}  // namespace kefu::gateway::streams
