// The agent's side of one session: when to say what, and how to close.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "deploy/ctl/replay/agent.h"

namespace kefu::ctl {
namespace {

namespace v1 = gateway::v1;

// Gateways compare what they sent with the log every 5 s: an entry that has not come after three
// times that will not.
constexpr int64_t kRepairMs = 15000;

}  // namespace

Task<> Agent::Serve(ChatRun* chat, std::string session, uint64_t fence) {
  chat->opened.insert(session);
  while (Holds(session, fence) && !world_.Stuck()) {
    if (chat->Settled()) {
      co_await Close(chat, session, fence);
      continue;
    }
    const std::optional<size_t> turn = chat->NextAgentTurn();
    if (turn.has_value() && MayTake(*chat, *turn)) {
      co_await Say(chat, *turn, session, fence);
      continue;
    }
    const int64_t due_ms = turn.has_value() ? chat->DueMs(*turn) - MonotonicMs() : 1000;
    // Waiting for a recorded time is no standstill.
    if (turn.has_value() && due_ms > 0) world_.Progress();
    const int64_t wait_ms = due_ms <= 0 ? 1000 : std::min<int64_t>(due_ms, 1000);
    co_await chat->changed.Wait(wait_ms);
  }
}

bool Agent::MayTake(const ChatRun& chat, size_t turn) const {
  if (chat.DueMs(turn) > MonotonicMs()) return false;
  const auto sight = sights_.find(chat.conversation);
  if (sight == sights_.end()) return false;
  for (size_t before = 0; before < turn; ++before) {
    if (chat.chat().turns[before].party != Party::kBuyer) continue;
    const TurnRun& said = chat.turns()[before];
    if (said.state == TurnRun::State::kGivenUp) continue;
    if (said.state != TurnRun::State::kDone || !sight->second.has(said.seq)) return false;
  }
  return true;
}

Task<> Agent::Say(ChatRun* chat, size_t turn, std::string session, uint64_t fence) {
  chat->turns()[turn].state = TurnRun::State::kUnderWay;
  v1::AgentSendMessageRequest request;
  request.set_session(session);
  request.set_fence(fence);
  request.mutable_content()->mutable_text()->set_body(chat->chat().turns[turn].text);
  HistoryRecord record;
  record.process = name_;
  record.op = "send";
  record.conversation = chat->conversation;
  record.session = session;
  record.fence = fence;
  const size_t message = world_.ledger.Sent(Party::kAgent, chat->conversation, WallUs());
  absl::StatusOr<v1::AgentSendMessageResponse> response =
      co_await StoreMessage<v1::AgentSendMessageResponse>(
          &world_, "kefu.gateway.v1.AgentService/SendMessage", std::move(request), token_, message,
          std::move(record));
  TurnRun& said = chat->turns()[turn];
  const Message& sent = world_.ledger.messages()[message];
  if (response.ok()) {
    said = {TurnRun::State::kDone, sent.seq};
  } else if (response.status().code() == absl::StatusCode::kAborted &&
             sent.state == Message::State::kRefused && !chat->cut()) {
    // Another agent owns the session by now and will say it; this one hears of it on its stream.
    said.state = TurnRun::State::kPending;
    co_await chat->changed.Wait(100);
  } else {
    said.state = TurnRun::State::kGivenUp;
    world_.report.Trouble(fmt::format("{}: {}", name_, StatusText(response.status())));
  }
  chat->changed.Notify();
}

bool Agent::SawAll(const ChatRun& chat) const {
  const auto sight = sights_.find(chat.conversation);
  if (sight == sights_.end()) return false;
  return std::all_of(chat.turns().begin(), chat.turns().end(), [&](const TurnRun& turn) {
    return turn.state != TurnRun::State::kDone || sight->second.has(turn.seq);
  });
}

Task<uint64_t> Agent::SeenAfter(ChatRun* chat, uint64_t seq) {
  const int64_t deadline_ms = MonotonicMs() + kRepairMs;
  while (LastSeen(chat->conversation) <= seq && MonotonicMs() < deadline_ms)
    co_await chat->changed.Wait(1000);
  if (LastSeen(chat->conversation) > seq) co_return LastSeen(chat->conversation);
  v1::AgentListMessagesRequest request;
  request.set_conversation(chat->conversation);
  request.set_after_seq(seq);
  CallOptions options = world_.Options(token_);
  absl::StatusOr<v1::AgentListMessagesResponse> page =
      co_await world_.client.Call<v1::AgentListMessagesResponse>(
          "kefu.gateway.v1.AgentService/ListMessages", std::move(request), std::move(options));
  co_return page.ok() ? std::max(seq, page->head_seq()) : seq;
}

Task<absl::Status> Agent::CloseOnce(std::string session, uint64_t fence, uint64_t last_seen_seq) {
  v1::CloseSessionRequest request;
  request.set_request_id("x-" + NewToken());
  request.set_session(session);
  request.set_fence(fence);
  request.set_last_seen_seq(last_seen_seq);
  request.set_reason("solved");
  CallOptions options = world_.Options(token_);
  absl::StatusOr<v1::CloseSessionResponse> response =
      co_await world_.client.Call<v1::CloseSessionResponse>(
          "kefu.gateway.v1.AgentService/CloseSession", std::move(request), std::move(options));
  world_.Progress();
  co_return response.status();
}

Task<> Agent::Close(ChatRun* chat, std::string session, uint64_t fence) {
  const int64_t deadline_ms = MonotonicMs() + kRepairMs;
  while (!SawAll(*chat) && MonotonicMs() < deadline_ms && Holds(session, fence))
    co_await chat->changed.Wait(1000);
  uint64_t last_seen_seq = LastSeen(chat->conversation);
  while (Holds(session, fence) && !world_.Stuck()) {
    const absl::Status status = co_await CloseOnce(session, fence, last_seen_seq);
    const std::string reason = ErrorReason(status);
    if (status.ok() || reason == "SESSION_CLOSED") {
      // All of the session up to here was the agent's to see.
      sights_[chat->conversation].held_until[session] = last_seen_seq;
      chat->closed.insert(session);
      chat->changed.Notify();
      // The stream says that the session is gone.
      while (Holds(session, fence) && !world_.Stuck()) co_await changed_.Wait(1000);
      co_return;
    }
    if (reason == "NEWER_BUYER_ENTRY") {
      ++world_.report.sessions.close_retries;
      last_seen_seq = co_await SeenAfter(chat, last_seen_seq);
    } else if (status.code() == absl::StatusCode::kAborted) {
      co_await changed_.Wait(1000);
      co_return;
    } else {
      world_.report.Trouble(
          fmt::format("{} could not close {}: {}", name_, session, StatusText(status)));
      co_await changed_.Wait(1000);
    }
  }
}

}  // namespace kefu::ctl
