#include "gateway/streams/buyer_stream.h"

#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::streams {
BuyerStream::BuyerStream(Hub& hub, InquiriesClient& inquiries, const routing::FindAgent& find_agent,
                         const Clock& clock, CallContext context,
                         std::optional<v1::ResumeToken> resume, StreamWriter& writer,
                         Executor executor)
    : TypedStream(hub, inquiries, clock, std::move(context), writer, inquiries::v1::AUDIENCE_BUYER,
                  executor),
      find_agent_(find_agent),
      resume_(std::move(resume)) {}

Task<absl::Status> BuyerStream::Begin() {
  KEFU_CO_ASSIGN_OR_RETURN(const BuyerId buyer, BuyerId::Parse(context().caller.subject));
  conversation_ = ConversationOf(buyer);
  if (!resume_) {
    Follow(*conversation_, 0, 0);
    co_return absl::OkStatus();
  }
  if (resume_->conversation() != conversation_->str()) {
    co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_CONVERSATION",
                    "There is no such conversation; resume your own, or without a token.");
  }
  Follow(*conversation_, resume_->store_epoch(), resume_->seq());
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
  v1::BuyerSessionState state;
  state.set_session(conversation->inquiry().session());
  state.set_state(conversation->inquiry().agent().empty() ? v1::Session::STATE_WAITING
                                                          : v1::Session::STATE_ACTIVE);
  co_await SendState(std::move(state), conversation->inquiry().agent());
}

Task<> BuyerStream::SendState(v1::BuyerSessionState state, std::string agent) {
  const absl::StatusOr<AgentId> id = AgentId::Parse(agent);
  if (id.ok()) {
    absl::StatusOr<routing::KnownAgent> known = co_await find_agent_(shop(), *id);
    // Gone from the directory meanwhile: the buyer is served by somebody without a name.
    if (known.ok()) state.set_agent_display_name(known->display_name);
  }
  Send(Make(&v1::BuyerFrame::mutable_session, state));
}

Task<> BuyerStream::OnNotice(NoticePtr notice) {
  const auto* routed = std::get_if<v1::SessionRouted>(&notice->body);
  if (routed == nullptr) co_return;
  v1::BuyerSessionState state;
  state.set_session(routed->session().session());
  state.set_state(routed->session().state());
  co_await SendState(std::move(state), routed->session().agent());
}

Task<> BuyerStream::OnOverflow() { co_await SendState(); }

}  // namespace kefu::gateway::streams
