#include "deploy/ctl/replay/agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "proto/kefu/gateway/v1/auth.pb.h"
#include "services/common/base/async.h"

namespace kefu::ctl {
namespace {

namespace v1 = gateway::v1;

}  // namespace

Agent::Agent(World& world, size_t number, Login login)
    : world_(world), name_(fmt::format("agent-{}", number)), login_(std::move(login)) {}

Task<absl::Status> Agent::SignIn() {
  v1::SignInRequest request;
  request.set_login(login_.login);
  request.set_password(login_.password);
  request.set_shop(world_.shop);
  CallOptions options = world_.Options("");
  options.attempt_ms = 10000;
  absl::StatusOr<v1::SignInResponse> response = co_await world_.client.Call<v1::SignInResponse>(
      "kefu.gateway.v1.AuthService/SignIn", std::move(request), std::move(options));
  if (!response.ok()) co_return response.status();
  token_ = response->token();
  agent_ = response->agent();
  co_return absl::OkStatus();
}

Task<absl::Status> Agent::GoOnline() {
  world_.group.Start(Follow());
  const int64_t deadline_ms = MonotonicMs() + world_.patience_ms;
  while (!ever_live_ && MonotonicMs() < deadline_ms) co_await changed_.Wait(1000);
  if (!ever_live_) co_return absl::DeadlineExceededError(name_ + " got no live stream");
  co_return co_await SetPresence(v1::PRESENCE_ONLINE);
}

Task<absl::Status> Agent::SetPresence(v1::Presence presence) {
  v1::SetPresenceRequest request;
  request.set_request_id("p-" + NewToken());
  request.set_presence(presence);
  CallOptions options = world_.Options(token_);
  // At the end nobody waits long for a gateway that may be gone: the lease will lapse.
  if (leaving_) options.deadline_ms = std::min<int64_t>(options.deadline_ms, 5000);
  absl::StatusOr<v1::SetPresenceResponse> response =
      co_await world_.client.Call<v1::SetPresenceResponse>(
          "kefu.gateway.v1.AgentService/SetPresence", std::move(request), std::move(options));
  co_return response.status();
}

Task<> Agent::Leave() {
  leaving_ = true;
  if (token_.empty()) co_return;  // Never came.
  const absl::Status status = co_await SetPresence(v1::PRESENCE_OFFLINE);
  if (!status.ok())
    world_.report.Trouble(fmt::format("{} could not go offline: {}", name_, StatusText(status)));
  if (stream_ != nullptr) stream_->Close();
  for (const auto& [conversation, sight] : sights_) {
    for (const StreamView& view : sight.views) {
      HistoryRecord record;
      record.process = name_;
      record.op = "view";
      record.conversation = conversation;
      record.audience = "staff";
      record.t_invoke_us = record.t_return_us = WallUs();
      record.epoch = view.epoch;
      record.seqs.emplace();
      for (const ViewEntry& entry : view.entries()) {
        record.seqs->push_back(entry.seq);
        record.client_ids.push_back(entry.client_id);
      }
      record.complete = false;
      for (const auto& [session, until] : sight.held_until)
        record.until = std::max(record.until, until);
      if (&view != &sight.views.back()) record.until = 0;
      world_.history.Write(record);
    }
  }
}

Task<> Agent::Follow() {
  int failures = 0;
  while (!leaving_) {
    reconnect_after_ms_ = 0;
    live_ = false;
    const absl::Status status = co_await FollowOnce();
    if (leaving_) break;
    ++world_.report.effort.reconnects;
    failures = live_ ? 0 : failures + 1;
    if (status.code() == absl::StatusCode::kUnauthenticated) {
      const absl::Status signed_in = co_await SignIn();
      if (!signed_in.ok())
        world_.report.Trouble(fmt::format("{}: {}", name_, StatusText(signed_in)));
    }
    const int64_t wait_ms = std::max(world_.BackoffMs(failures), reconnect_after_ms_);
    co_await SleepMs(wait_ms);
  }
}

Task<absl::Status> Agent::FollowOnce() {
  v1::AgentSubscribeRequest request;
  for (const auto& [session, hold] : holds_) {
    const uint64_t seen = LastSeen(hold.conversation);
    if (seen == 0) continue;
    v1::ResumeToken* token = request.add_resume();
    token->set_store_epoch(store_epoch_);
    token->set_conversation(hold.conversation);
    token->set_seq(seen);
  }
  CallOptions options = world_.Options(token_);
  absl::StatusOr<Stream> stream = co_await world_.client.Subscribe<v1::AgentFrame>(
      "kefu.gateway.v1.AgentService/Subscribe", std::move(request), std::move(options));
  if (!stream.ok()) co_return stream.status();
  stream_ = &*stream;
  absl::Status status;
  while (!leaving_ && reconnect_after_ms_ == 0) {
    absl::StatusOr<std::optional<v1::AgentFrame>> frame = co_await stream->Next();
    status = frame.status();
    if (!frame.ok() || !frame->has_value()) break;
    Handle(**frame);
  }
  stream_ = nullptr;
  co_return status;
}

void Agent::Handle(const v1::AgentFrame& frame) {
  switch (frame.frame_case()) {
    case v1::AgentFrame::kSnapshot:
      OnSnapshot(frame.snapshot());
      break;
    case v1::AgentFrame::kEntry:
      OnEntry(frame.entry());
      break;
    case v1::AgentFrame::kResync:
      OnResync(frame.resync());
      break;
    case v1::AgentFrame::kSession:
      OnSession(frame.session().session(), frame.session().held());
      break;
    case v1::AgentFrame::kAgent:
      OnState(frame.agent());
      break;
    case v1::AgentFrame::kQueue:
      world_.report.sessions.most_waiting =
          std::max<size_t>(world_.report.sessions.most_waiting, frame.queue().waiting());
      break;
    case v1::AgentFrame::kGoodbye:
      reconnect_after_ms_ = std::max<int64_t>(frame.goodbye().reconnect_after_ms(), 1);
      break;
    default:
      break;
  }
  changed_.Notify();
}

void Agent::OnSnapshot(const v1::AgentSnapshot& snapshot) {
  live_ = ever_live_ = true;
  store_epoch_ = snapshot.store_epoch();
  std::vector<std::string> gone;
  for (const auto& [session, hold] : holds_) {
    const bool there =
        std::any_of(snapshot.sessions().begin(), snapshot.sessions().end(),
                    [&](const v1::Session& held) { return held.session() == session; });
    if (!there) gone.push_back(session);
  }
  // Closed or given away while nobody listened. If it was closed, the buyer's stream says so.
  for (const std::string& session : gone) Release(session, /*closed=*/false);
  for (const v1::Session& session : snapshot.sessions()) {
    // The snapshot is the state itself, also of a store that was restored.
    versions_.erase(session.session());
    OnSession(session, true);
  }
  OnState(snapshot.agent());
}

void Agent::OnSession(const v1::Session& session, bool held) {
  uint64_t& version = versions_[session.session()];
  if (session.version() < version) return;
  version = session.version();
  const auto known = holds_.find(session.session());
  if (!held) {
    if (known != holds_.end())
      Release(session.session(), session.state() == v1::Session::STATE_CLOSED);
    return;
  }
  if (known != holds_.end() && known->second.fence == session.fence()) return;
  if (known != holds_.end()) Release(session.session(), /*closed=*/false);
  Take(session);
}

void Agent::Take(const v1::Session& session) {
  const Hold hold{session.conversation(), session.fence()};
  holds_[session.session()] = hold;
  may_restart_[hold.conversation] = true;
  WriteOwnership(session.session(), hold, "held");
  ++world_.report.sessions.assigned;
  const auto opened = world_.opened_us.find(session.session());
  if (opened != world_.opened_us.end()) {
    world_.assign.Add(std::max<int64_t>(WallUs() - opened->second, 0));
    world_.opened_us.erase(opened);
  }
  world_.Progress();
  ChatRun* chat = world_.Find(hold.conversation);
  // Somebody else's session in the same shop is not ours to play.
  if (chat != nullptr) world_.group.Start(Serve(chat, session.session(), session.fence()));
}

void Agent::Release(const std::string& session, bool closed) {
  const auto node = holds_.extract(session);
  const Hold& hold = node.mapped();
  WriteOwnership(session, hold, "released");
  may_restart_[hold.conversation] = true;
  ChatRun* chat = world_.Find(hold.conversation);
  if (chat == nullptr) return;
  if (closed) chat->closed.insert(session);
  if (!chat->closed.contains(session)) ++world_.report.sessions.moved;
  chat->changed.Notify();
}

void Agent::WriteOwnership(const std::string& session, const Hold& hold, const char* event) const {
  HistoryRecord record;
  record.process = name_;
  record.op = "own";
  record.conversation = hold.conversation;
  record.session = session;
  record.fence = hold.fence;
  record.event = event;
  record.t_invoke_us = record.t_return_us = WallUs();
  world_.history.Write(record);
}

void Agent::OnEntry(const common::v1::Entry& entry) {
  AgentSight& sight = sights_[entry.conversation()];
  bool& may_restart = may_restart_[entry.conversation()];
  const bool restarts =
      may_restart && !sight.views.empty() && entry.prev_seq() != sight.views.back().last_seq();
  if (sight.views.empty() || restarts) sight.views.emplace_back(/*from_start=*/false);
  may_restart = false;
  StreamView& view = sight.views.back();
  view.epoch = store_epoch_;
  const Arrival arrival = view.Apply({entry.seq(), entry.prev_seq(), entry.request_id()});
  world_.ledger.Arrived(Party::kAgent, entry.conversation(), entry.seq(), arrival, WallUs());
  world_.Progress();
  ChatRun* chat = world_.Find(entry.conversation());
  if (chat != nullptr) chat->changed.Notify();
}

void Agent::OnResync(const v1::Resync& resync) {
  ++world_.report.effort.resyncs;
  store_epoch_ = resync.store_epoch();
  const auto sight = sights_.find(resync.conversation());
  if (sight == sights_.end() || sight->second.views.empty()) return;
  sight->second.views.back().KeepUntil(resync.keep_seq());
  sight->second.views.back().epoch = resync.store_epoch();
}

// The agent's lease may have lapsed while no gateway could be reached.
void Agent::OnState(const v1::AgentState& state) {
  const bool offline = state.agent() == agent_ && state.presence() == v1::PRESENCE_OFFLINE;
  if (!offline || leaving_ || going_online_) return;
  going_online_ = true;
  world_.group.Start(BackOnline());
}

Task<> Agent::BackOnline() {
  const absl::Status status = co_await SetPresence(v1::PRESENCE_ONLINE);
  if (!status.ok())
    world_.report.Trouble(fmt::format("{} could not go online: {}", name_, StatusText(status)));
  going_online_ = false;
}

bool Agent::Holds(const std::string& session, uint64_t fence) const {
  const auto hold = holds_.find(session);
  return hold != holds_.end() && hold->second.fence == fence && !leaving_;
}

uint64_t Agent::LastSeen(const std::string& conversation) const {
  const auto sight = sights_.find(conversation);
  return sight == sights_.end() || sight->second.views.empty()
             ? 0
             : sight->second.views.back().last_seq();
}

}  // namespace kefu::ctl
