#include "deploy/ctl/replay/buyer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proto/kefu/gateway/v1/auth.pb.h"
#include "services/common/base/async.h"

namespace kefu::ctl {
namespace {

namespace v1 = gateway::v1;

constexpr int64_t kCatchUpMs = 15000;
constexpr uint32_t kPage = 500;

}  // namespace

Buyer::Buyer(World& world, ChatRun& chat)
    : world_(world), chat_(chat), name_(fmt::format("buyer-{}", chat.number())) {}

HistoryRecord Buyer::Record(std::string op) const {
  HistoryRecord record;
  record.process = name_;
  record.op = std::move(op);
  record.conversation = chat_.conversation;
  return record;
}

Task<> Buyer::Play() {
  if (!co_await Begin()) co_return;
  world_.group.Start(Follow());
  for (size_t turn = 0; turn < chat_.turns().size(); ++turn) {
    co_await AwaitTurn(turn);
    if (chat_.turns()[turn].state == TurnRun::State::kPending &&
        chat_.chat().turns[turn].party == Party::kBuyer) {
      co_await Say(turn);
    }
  }
  co_await AwaitClose();
}

Task<bool> Buyer::Begin() {
  v1::StartGuestRequest request;
  request.set_shop(world_.shop);
  request.set_display_name(fmt::format("Guest {}", chat_.number()));
  CallOptions options = world_.Options("");
  absl::StatusOr<v1::StartGuestResponse> guest =
      co_await world_.client.Call<v1::StartGuestResponse>("kefu.gateway.v1.AuthService/StartGuest",
                                                          std::move(request), std::move(options));
  if (!guest.ok()) {
    world_.report.Trouble(fmt::format("{} could not begin: {}", name_, StatusText(guest.status())));
    co_return false;
  }
  token_ = guest->token();
  chat_.conversation = guest->conversation();
  world_.chats[chat_.conversation] = &chat_;
  co_return true;
}

bool Buyer::MayTake(size_t turn) const {
  const TurnRun& state = chat_.turns()[turn];
  const bool mine = chat_.chat().turns[turn].party == Party::kBuyer;
  if (mine || !world_.closed_loop) return true;
  // In a closed loop the buyer goes on after having read what the agent said.
  return state.state == TurnRun::State::kGivenUp ||
         (state.state == TurnRun::State::kDone && view_.has(state.seq));
}

Task<> Buyer::AwaitTurn(size_t turn) {
  const bool mine = chat_.chat().turns[turn].party == Party::kBuyer;
  const int64_t due_ms = mine ? chat_.DueMs(turn) : 0;
  while (!chat_.cut() && !world_.Stuck()) {
    const int64_t wait_ms = due_ms - MonotonicMs();
    if (wait_ms <= 0 && MayTake(turn)) break;
    // Waiting for a recorded time is no standstill.
    if (wait_ms > 0) world_.Progress();
    co_await chat_.changed.Wait(std::clamp<int64_t>(wait_ms, 1, 1000));
  }
  if (due_ms > 0) world_.late.Add(std::max<int64_t>(MonotonicMs() - due_ms, 0) * 1000);
}

Task<> Buyer::Say(size_t turn) {
  chat_.turns()[turn].state = TurnRun::State::kUnderWay;
  const std::string text = chat_.chat().turns[turn].text;
  const size_t message = world_.ledger.Sent(Party::kBuyer, chat_.conversation, WallUs());
  absl::Status status;
  if (!session_.empty()) status = co_await Send(message, text);
  if (ErrorReason(status) == "SESSION_CLOSED") session_.clear();
  if (session_.empty()) status = co_await Open(message, text);
  const Message& sent = world_.ledger.messages()[message];
  TurnRun& state = chat_.turns()[turn];
  state.seq = sent.seq;
  state.state = status.ok() ? TurnRun::State::kDone : TurnRun::State::kGivenUp;
  uncertain_ = uncertain_ || sent.state == Message::State::kUnknown;
  if (!status.ok()) world_.report.Trouble(fmt::format("{}: {}", name_, StatusText(status)));
  chat_.changed.Notify();
}

Task<absl::Status> Buyer::Open(size_t message, const std::string text) {
  v1::OpenSessionRequest request;
  request.mutable_content()->mutable_text()->set_body(text);
  request.mutable_opening()->set_channel(common::v1::CHANNEL_WIDGET);
  request.mutable_opening()->set_language("en");
  absl::StatusOr<v1::OpenSessionResponse> response = co_await StoreMessage<v1::OpenSessionResponse>(
      &world_, "kefu.gateway.v1.BuyerService/OpenSession", std::move(request), token_, message,
      Record("open"));
  if (!response.ok()) co_return response.status();
  session_ = response->session();
  chat_.opened.insert(session_);
  if (response->opened()) {
    ++world_.report.sessions.opened;
    world_.opened_us.try_emplace(session_, WallUs());
  }
  if (view_.epoch == 0) view_.epoch = response->store_epoch();
  co_return absl::OkStatus();
}

Task<absl::Status> Buyer::Send(size_t message, const std::string text) {
  v1::BuyerSendMessageRequest request;
  request.set_session(session_);
  request.mutable_content()->mutable_text()->set_body(text);
  HistoryRecord record = Record("send");
  record.session = session_;
  absl::StatusOr<v1::BuyerSendMessageResponse> response =
      co_await StoreMessage<v1::BuyerSendMessageResponse>(
          &world_, "kefu.gateway.v1.BuyerService/SendMessage", std::move(request), token_, message,
          std::move(record));
  co_return response.status();
}

// A session that opened although its acknowledgement never came is known to the gateway only: it is
// asked.
Task<> Buyer::AwaitClose() {
  while (!world_.Stuck()) {
    if (!chat_.Finished()) {
      co_await chat_.changed.Wait(1000);
      continue;
    }
    if (!uncertain_) co_return;
    CallOptions options = world_.Options(token_);
    absl::StatusOr<v1::BuyerGetStateResponse> state =
        co_await world_.client.Call<v1::BuyerGetStateResponse>(
            "kefu.gateway.v1.BuyerService/GetState", v1::BuyerGetStateRequest(),
            std::move(options));
    if (!state.ok() || state->open_session().empty()) co_return;
    chat_.opened.insert(state->open_session());
    co_await chat_.changed.Wait(1000);
  }
}

Task<absl::StatusOr<std::vector<LogEntry>>> Buyer::ReadLog() {
  HistoryRecord record = Record("read");
  record.audience = "buyer";
  record.t_invoke_us = WallUs();
  record.seqs.emplace();
  std::vector<LogEntry> log;
  uint64_t head_seq = 0;
  do {
    v1::BuyerListMessagesRequest request;
    request.set_after_seq(log.empty() ? 0 : log.back().seq);
    request.set_page_size(kPage);
    CallOptions options = world_.Options(token_);
    absl::StatusOr<v1::BuyerListMessagesResponse> page =
        co_await world_.client.Call<v1::BuyerListMessagesResponse>(
            "kefu.gateway.v1.BuyerService/ListMessages", std::move(request), std::move(options));
    if (!page.ok()) co_return page.status();
    if (page->entries().empty()) break;
    for (const common::v1::Entry& entry : page->entries()) {
      log.push_back({entry.seq(), entry.session(), entry.request_id()});
      record.seqs->push_back(entry.seq());
      record.client_ids.push_back(entry.request_id());
    }
    head_seq = page->head_seq();
    record.epoch = page->store_epoch();
  } while (log.back().seq < head_seq);
  record.t_return_us = WallUs();
  record.result = "ok";
  world_.history.Write(record);
  co_return log;
}

Task<> Buyer::Verify() {
  if (token_.empty()) co_return;
  absl::StatusOr<std::vector<LogEntry>> log = co_await ReadLog();
  if (log.ok()) {
    const uint64_t last_seq = log->empty() ? 0 : log->back().seq;
    const int64_t deadline_ms = MonotonicMs() + kCatchUpMs;
    while (view_.last_seq() < last_seq && MonotonicMs() < deadline_ms)
      co_await chat_.changed.Wait(100);
    log_ = std::move(*log);
  } else {
    world_.report.Trouble(
        fmt::format("{} could not read its conversation: {}", name_, StatusText(log.status())));
  }
  done_ = true;
  if (stream_ != nullptr) stream_->Close();
  HistoryRecord record = Record("view");
  record.audience = "buyer";
  record.t_invoke_us = record.t_return_us = WallUs();
  record.epoch = view_.epoch;
  record.seqs.emplace();
  for (const ViewEntry& entry : view_.entries()) {
    record.seqs->push_back(entry.seq);
    record.client_ids.push_back(entry.client_id);
  }
  record.complete = log_.has_value();
  world_.history.Write(record);
}

Task<> Buyer::Follow() {
  int failures = 0;
  while (!done_) {
    live_once_ = false;
    reconnect_after_ms_ = 0;
    const absl::Status status = co_await FollowOnce();
    if (done_) break;
    ++world_.report.effort.reconnects;
    failures = live_once_ ? 0 : failures + 1;
    if (status.code() == absl::StatusCode::kOutOfRange) view_.KeepUntil(0);
    const int64_t wait_ms = std::max(world_.BackoffMs(failures), reconnect_after_ms_);
    co_await SleepMs(wait_ms);
  }
}

Task<absl::Status> Buyer::FollowOnce() {
  v1::BuyerSubscribeRequest request;
  if (view_.last_seq() > 0) {
    request.mutable_resume()->set_store_epoch(view_.epoch);
    request.mutable_resume()->set_conversation(chat_.conversation);
    request.mutable_resume()->set_seq(view_.last_seq());
  }
  CallOptions options = world_.Options(token_);
  absl::StatusOr<Stream> stream = co_await world_.client.Subscribe<v1::BuyerFrame>(
      "kefu.gateway.v1.BuyerService/Subscribe", std::move(request), std::move(options));
  if (!stream.ok()) co_return stream.status();
  stream_ = &*stream;
  absl::Status status;
  while (!done_ && reconnect_after_ms_ == 0) {
    absl::StatusOr<std::optional<v1::BuyerFrame>> frame = co_await stream->Next();
    status = frame.status();
    if (!frame.ok() || !frame->has_value()) break;
    Handle(**frame);
  }
  stream_ = nullptr;
  co_return status;
}

void Buyer::Handle(const v1::BuyerFrame& frame) {
  live_once_ = true;
  switch (frame.frame_case()) {
    case v1::BuyerFrame::kHello:
      view_.epoch = frame.hello().store_epoch();
      break;
    case v1::BuyerFrame::kEntry: {
      const common::v1::Entry& entry = frame.entry();
      const Arrival arrival = view_.Apply({entry.seq(), entry.prev_seq(), entry.request_id()});
      world_.ledger.Arrived(Party::kBuyer, entry.conversation(), entry.seq(), arrival, WallUs());
      const auto kind = entry.content().system().kind();
      if (kind == common::v1::SystemLine::KIND_SESSION_CLOSED) chat_.closed.insert(entry.session());
      if (kind == common::v1::SystemLine::KIND_SESSION_REOPENED)
        chat_.closed.erase(entry.session());
      world_.Progress();
      break;
    }
    case v1::BuyerFrame::kResync:
      ++world_.report.effort.resyncs;
      view_.KeepUntil(frame.resync().keep_seq());
      view_.epoch = frame.resync().store_epoch();
      break;
    case v1::BuyerFrame::kGoodbye:
      reconnect_after_ms_ = std::max<int64_t>(frame.goodbye().reconnect_after_ms(), 1);
      break;
    default:
      break;
  }
  chat_.changed.Notify();
}

}  // namespace kefu::ctl
