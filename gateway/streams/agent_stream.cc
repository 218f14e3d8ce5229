#include "gateway/streams/agent_stream.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::streams {
namespace {

using google::protobuf::util::TimeUtil;

// Enough to find who spoke last.
constexpr uint32_t kLookBack = 50;

TimePoint ToTimePoint(const google::protobuf::Timestamp& time) {
  return {TimeUtil::TimestampToMilliseconds(time)};
}

}  // namespace

AgentStream::AgentStream(Parts parts, CallContext context, AgentId agent,
                         v1::AgentSubscribeRequest request, int64_t answer_limit_ms,
                         StreamWriter& writer, Executor executor)
    : HeldStream(parts.held, std::move(context), std::move(agent),
                 std::move(*request.mutable_resume()), writer, std::move(executor)),
      leases_(parts.leases),
      take_away_(parts.take_away),
      clock_(parts.held.clock),
      watch_(answer_limit_ms) {}

AgentStream::~AgentStream() {
  if (leased_) leases_.Remove(shop(), agent(), inbox());
  hub().Leave(shop(), "queue", inbox());
}

Task<absl::Status> AgentStream::Begin() {
  hub().Listen(shop(), "queue", inbox());
  KEFU_CO_RETURN_IF_ERROR(co_await HeldStream::Begin());
  if (!watch_.limited()) co_return absl::OkStatus();
  for (const auto& [name, session] : held()) {
    const auto token = resume().find(session.conversation());
    if (token != resume().end()) co_await WatchFrom(token->second);
  }
  CheckWhenDue();
  co_return absl::OkStatus();
}

Task<absl::Status> AgentStream::MayGoOn() {
  KEFU_CO_RETURN_IF_ERROR(co_await HeldStream::MayGoOn());
  co_await TakeAwayOverdue();
  co_return absl::OkStatus();
}

Task<> AgentStream::OnNotice(NoticePtr notice) {
  if (const auto* queue = std::get_if<v1::QueueChanged>(&notice->body)) {
    v1::QueueState state;
    state.set_waiting(queue->waiting());
    Send(Make(&v1::AgentFrame::mutable_queue, state));
  } else if (const auto* made = std::get_if<v1::SuggestionMade>(&notice->body)) {
    Suggested(*made);
  } else {
    co_await HeldStream::OnNotice(std::move(notice));
  }
}

void AgentStream::OnAgentShown(const v1::AgentState& state) {
  if (!leased_) {
    leases_.Add(shop(), agent(), state.incarnation(), inbox());
    leased_ = true;
  }
  leases_.Shown(shop(), agent(), state.version());
}

void AgentStream::Suggested(const v1::SuggestionMade& made) {
  const auto held_one = held().find(made.suggestion().session());
  const bool still_owner = held_one != held().end() && made.agent() == agent().str() &&
                           held_one->second.fence() == made.fence();
  if (still_owner) Send(Make(&v1::AgentFrame::mutable_suggestion, made.suggestion()));
}

// The answer limit

void AgentStream::OnGained(const v1::Session& session) {
  watch_.Gained(session.conversation(), ToTimePoint(session.assign_time()));
}

void AgentStream::OnLost(const v1::Session& session) { watch_.Lost(session.conversation()); }

void AgentStream::OnShown(const common::v1::Entry& entry) {
  if (!watch_.limited()) return;
  if (entry.sender().kind() == common::v1::Sender::KIND_BUYER) {
    watch_.BuyerWrote(entry.conversation(), ToTimePoint(entry.create_time()));
    CheckWhenDue();
  } else if (entry.sender().kind() == common::v1::Sender::KIND_AGENT &&
             !entry.content().has_note()) {
    watch_.AgentAnswered(entry.conversation());
  }
}

void AgentStream::CheckWhenDue() {
  const std::optional<TimePoint> due = watch_.NextDue();
  if (due) CheckBy(MonotonicMs() + std::max<int64_t>(0, *due - clock_.Now()));
}

Task<> AgentStream::WatchFrom(v1::ResumeToken token) {
  inquiries::v1::ListEntriesRequest request;
  request.set_shop(shop().str());
  request.set_conversation(token.conversation());
  request.set_audience(inquiries::v1::AUDIENCE_STAFF);
  request.set_before_seq(token.seq() + 1);
  request.set_page_size(kLookBack);
  server::CallScope scope = NewScope();
  absl::StatusOr<inquiries::v1::ListEntriesResponse> read =
      co_await inquiries().Call(&InquiriesClient::Conversations::ListEntries, scope, request);
  if (!read.ok()) {
    log::Warn("what a program had answered before could not be read",
              {{"reason", ErrorReason(read.status())}}, &scope.trace);
    co_return;
  }
  for (const common::v1::Entry& entry : read->entries()) OnShown(entry);
}

Task<> AgentStream::TakeAwayOverdue() {
  const std::vector<std::string> overdue = watch_.Overdue(clock_.Now());
  std::vector<v1::Session> sessions;
  for (const auto& [name, session] : held()) {
    if (std::find(overdue.begin(), overdue.end(), session.conversation()) != overdue.end())
      sessions.push_back(session);
  }
  for (v1::Session& session : sessions) {
    CallContext context = this->context();
    context.scope = NewScope();
    absl::Status taken = co_await take_away_(std::move(context), agent(), session);
    log::Warn("a program did not answer in time",
              {{"session", session.session()}, {"agent", agent().str()}, {"taken", taken.ok()}},
              &this->context().scope.trace);
  }
  if (!sessions.empty()) co_await Refresh();
  // What could not be taken now is tried again with the next regular check.
  if (watch_.Overdue(clock_.Now()).empty()) CheckWhenDue();
}

}  // namespace kefu::gateway::streams
