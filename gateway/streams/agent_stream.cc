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
constexpr int64_t kNewsForMs = 60'000;
// Beyond every entry.
constexpr uint64_t kEnd = uint64_t{1} << 62;

TimePoint ToTimePoint(const google::protobuf::Timestamp& time) {
  return {TimeUtil::TimestampToMilliseconds(time)};
}

Said WhatIsSaid(const common::v1::Entry& entry) {
  if (entry.sender().kind() == common::v1::Sender::KIND_BUYER) return Said::kByBuyer;
  const bool hold = entry.content().system().kind() == common::v1::SystemLine::KIND_HELD;
  return hold ? Said::kHold : Said::kOther;
}

}  // namespace

AgentStream::AgentStream(Parts parts, CallContext context, AgentId agent,
                         v1::AgentSubscribeRequest request, int64_t answer_limit_ms,
                         StreamWriter& writer, Executor executor)
    : HeldStream(parts.held, std::move(context), std::move(agent),
                 std::move(*request.mutable_resume()), writer, std::move(executor)),
      leases_(parts.leases),
      book_(parts.consults),
      acts_(parts.acts),
      clock_(parts.held.clock),
      watch_(answer_limit_ms) {}

AgentStream::~AgentStream() {
  if (leased_) leases_.Remove(shop(), agent(), inbox());
  hub().Leave(shop(), kQueueTopic, inbox());
}

Task<absl::Status> AgentStream::Begin() {
  hub().Listen(shop(), kQueueTopic, inbox());
  co_return co_await HeldStream::Begin();
}

Task<absl::Status> AgentStream::AddTo(v1::AgentSnapshot* snapshot) {
  KEFU_CO_ASSIGN_OR_RETURN(consults_, co_await OwnConsults(/*fresh=*/true));
  for (const consults::Consult& consult : consults_)
    *snapshot->add_consults() = consults::ToMessage(consult, /*ended=*/false);
  co_return absl::OkStatus();
}

Task<> AgentStream::OnBegun() {
  const consults::Consults going_on = consults_;
  for (const consults::Consult& consult : going_on) co_await HearConsult(consult);
  if (watch_.limited()) {
    for (const auto& [name, session] : held()) {
      const auto token = resume().find(session.conversation());
      if (token != resume().end()) co_await WatchFrom(token->second);
    }
    CheckWhenDue();
  }
}

Task<absl::Status> AgentStream::MayGoOn() {
  KEFU_CO_RETURN_IF_ERROR(co_await HeldStream::MayGoOn());
  co_await EndHolds();
  co_await TellAway();
  co_await RefreshConsults(/*fresh=*/false);
  co_await TakeAwayOverdue();
  co_return absl::OkStatus();
}

Task<> AgentStream::OnNotice(NoticePtr notice) {
  if (const auto* queue = std::get_if<v1::QueueState>(&notice->body)) {
    Send(Make(&v1::AgentFrame::mutable_queue, *queue));
  } else if (const auto* made = std::get_if<v1::SuggestionMade>(&notice->body)) {
    Suggested(*made);
  } else if (std::holds_alternative<v1::ConsultChanged>(notice->body)) {
    co_await RefreshConsults(/*fresh=*/true);
  } else {
    co_await HeldStream::OnNotice(std::move(notice));
  }
}

Task<> AgentStream::OnOverflow() {
  co_await HeldStream::OnOverflow();
  co_await RefreshConsults(/*fresh=*/true);
}

void AgentStream::OnAgentShown(const v1::AgentState& state) {
  if (!leased_) {
    leases_.Add(shop(), agent(), state.incarnation(), inbox());
    leased_ = true;
  }
  leases_.Shown(shop(), agent(), state.version());
  away_ = state.presence() == v1::PRESENCE_BREAK || state.presence() == v1::PRESENCE_HUNG_UP;
}

void AgentStream::Suggested(const v1::SuggestionMade& made) {
  const auto held_one = held().find(made.suggestion().session());
  const bool still_owner = held_one != held().end() && made.agent() == agent().str() &&
                           held_one->second.fence() == made.fence();
  if (still_owner) Send(Make(&v1::AgentFrame::mutable_suggestion, made.suggestion()));
}

void AgentStream::OnServed(const v1::Session& session) {
  watch_.Gained(session.conversation(), ToTimePoint(session.assign_time()));
  holds_.Served(session.session(), session.conversation(), session.held());
  if (!holds_.idle()) CheckBy(MonotonicMs());
}

void AgentStream::OnLeft(const v1::Session& session) {
  watch_.Lost(session.conversation());
  holds_.Left(session.session());
}

void AgentStream::OnShown(const common::v1::Entry& entry) {
  if (WhatIsSaid(entry) == Said::kByBuyer) {
    holds_.BuyerWrote(entry.conversation());
    if (!holds_.idle()) CheckBy(MonotonicMs());
    if (away_) NoteUnheard(entry);
  }
  if (watch_.limited()) Watch(entry);
}

void AgentStream::NoteUnheard(const common::v1::Entry& entry) {
  // What was written long ago, and is shown to a stream that begins, was said to whoever was there.
  if (clock_.Now() - ToTimePoint(entry.create_time()) > kNewsForMs) return;
  for (const auto& [name, session] : held()) {
    const bool served = session.conversation() == entry.conversation() &&
                        session.state() == v1::Session::STATE_ACTIVE;
    if (!served) continue;
    unheard_.emplace_back(session, entry);
    CheckBy(MonotonicMs());
  }
}

Task<> AgentStream::TellAway() {
  const auto unheard = std::exchange(unheard_, {});
  for (const auto& [session, entry] : unheard) {
    const absl::Status told = co_await acts_.tell_away(NewContext(), session, entry);
    if (told.ok()) continue;
    // The buyer's next message tries again.
    log::Warn("a buyer was not told that the agent is away",
              {{"session", session.session()}, {"reason", ErrorReason(told)}},
              &context().scope.trace);
  }
}

void AgentStream::Watch(const common::v1::Entry& entry) {
  if (WhatIsSaid(entry) == Said::kByBuyer) {
    watch_.BuyerWrote(entry.conversation(), ToTimePoint(entry.create_time()));
    CheckWhenDue();
  } else if (entry.sender().kind() == common::v1::Sender::KIND_AGENT &&
             !entry.content().has_note()) {
    watch_.AgentAnswered(entry.conversation());
  }
}

CallContext AgentStream::NewContext() const {
  CallContext context = this->context();
  context.scope = NewScope();
  return context;
}

Task<std::optional<inquiries::v1::ListEntriesResponse>> AgentStream::ReadLast(
    std::string conversation, uint64_t before_seq) {
  inquiries::v1::ListEntriesRequest request;
  request.set_shop(shop().str());
  request.set_conversation(std::move(conversation));
  request.set_audience(inquiries::v1::AUDIENCE_STAFF);
  request.set_before_seq(before_seq);
  request.set_page_size(kLookBack);
  server::CallScope scope = NewScope();
  absl::StatusOr<inquiries::v1::ListEntriesResponse> read =
      co_await inquiries().Call(&InquiriesClient::Conversations::ListEntries, scope, request);
  if (read.ok()) co_return *std::move(read);
  log::Warn("what was said before could not be read", {{"reason", ErrorReason(read.status())}},
            &scope.trace);
  co_return std::nullopt;
}

// Holds

Task<> AgentStream::EndHolds() {
  const std::vector<HoldWatch::Hold> unseen = holds_.Unseen();
  for (const HoldWatch::Hold& hold : unseen) {
    const std::optional<inquiries::v1::ListEntriesResponse> read =
        co_await ReadLast(hold.conversation, kEnd);
    if (!read) continue;
    std::vector<Said> entries;
    for (const common::v1::Entry& entry : read->entries()) entries.push_back(WhatIsSaid(entry));
    holds_.Looked(hold.session, BuyerWroteSinceHold(entries));
  }
  const std::vector<HoldWatch::Hold> over = holds_.Over();
  for (const HoldWatch::Hold& hold : over) {
    const absl::StatusOr<SessionId> session = SessionId::Parse(hold.session);
    if (!session.ok()) continue;
    const absl::Status went_on = co_await acts_.go_on(NewContext(), *session);
    if (went_on.ok()) continue;
    // The next regular check tries again.
    log::Warn("a session stays on hold although its buyer wrote",
              {{"session", hold.session}, {"reason", ErrorReason(went_on)}},
              &context().scope.trace);
  }
  if (!over.empty()) co_await Refresh();
}

// Consults

Task<absl::StatusOr<consults::Consults>> AgentStream::OwnConsults(bool fresh) {
  absl::StatusOr<consults::Consults> all;
  if (fresh) {
    all = co_await book_.Read(shop());
  } else {
    all = co_await book_.Get(shop());
  }
  if (!all.ok()) co_return all.status();
  co_return consults::Of(*all, agent());
}

Task<> AgentStream::RefreshConsults(bool fresh) {
  absl::StatusOr<consults::Consults> now = co_await OwnConsults(fresh);
  if (!now.ok()) {
    log::Warn("an agent's consults could not be read", {{"reason", ErrorReason(now.status())}},
              &context().scope.trace);
    co_return;
  }
  const consults::Consults ended = consults::Without(consults_, *now);
  const consults::Consults begun = consults::Without(*now, consults_);
  consults_ = *std::move(now);
  for (const consults::Consult& consult : ended) {
    Send(Make(&v1::AgentFrame::mutable_consult, consults::ToMessage(consult, /*ended=*/true)));
    HearNoMore(consult.session.conversation().str());
  }
  for (const consults::Consult& consult : begun) {
    Send(Make(&v1::AgentFrame::mutable_consult, consults::ToMessage(consult, /*ended=*/false)));
    co_await HearConsult(consult);
  }
}

Task<> AgentStream::HearConsult(consults::Consult consult) {
  const std::string conversation = consult.session.conversation().str();
  // The asker hears it already.
  if (consult.agent != agent() || Follows(conversation)) co_return;
  v1::Session session;
  session.set_conversation(conversation);
  const Known known = co_await Complete(&session);
  Hear(conversation, known);
}

bool AgentStream::AlsoHears(const std::string& conversation) const {
  return std::any_of(consults_.begin(), consults_.end(), [&](const consults::Consult& consult) {
    return consult.agent == agent() && consult.session.conversation().str() == conversation;
  });
}

// The answer limit

void AgentStream::CheckWhenDue() {
  const std::optional<TimePoint> due = watch_.NextDue();
  if (due) CheckBy(MonotonicMs() + std::max<int64_t>(0, *due - clock_.Now()));
}

Task<> AgentStream::WatchFrom(v1::ResumeToken token) {
  const std::optional<inquiries::v1::ListEntriesResponse> read =
      co_await ReadLast(token.conversation(), token.seq() + 1);
  if (!read) co_return;
  for (const common::v1::Entry& entry : read->entries()) Watch(entry);
}

Task<> AgentStream::TakeAwayOverdue() {
  const std::vector<std::string> overdue = watch_.Overdue(clock_.Now());
  std::vector<v1::Session> sessions;
  for (const auto& [name, session] : held()) {
    if (std::find(overdue.begin(), overdue.end(), session.conversation()) != overdue.end())
      sessions.push_back(session);
  }
  for (v1::Session& session : sessions) {
    absl::Status taken = co_await acts_.take_away(NewContext(), agent(), session);
    log::Warn("a program did not answer in time",
              {{"session", session.session()}, {"agent", agent().str()}, {"taken", taken.ok()}},
              &this->context().scope.trace);
  }
  if (!sessions.empty()) co_await Refresh();
  // What could not be taken now is tried again with the next regular check.
  if (watch_.Overdue(clock_.Now()).empty()) CheckWhenDue();
}

}  // namespace kefu::gateway::streams
