#include "gateway/streams/live_stream.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/failpoint.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::streams {
namespace {

constexpr int64_t kHeartbeatMs = 15'000;
// How long a client whose credential was taken back may still listen.
constexpr int64_t kCheckEveryMs = 5'000;
constexpr uint32_t kPageSize = 200;
constexpr int64_t kReadDeadlineMs = 1000;
constexpr uint32_t kReconnectAfterMs = 200;

View::Options ViewOptions() {
  return {.repair_gaps = !KEFU_FAILPOINT_ON("streams.gap_repair_off"),
          .respect_epoch = !KEFU_FAILPOINT_ON("streams.epoch_ignored")};
}

}  // namespace

LiveStream::LiveStream(Hub& hub, InquiriesClient& inquiries, const Clock& clock,
                       CallContext context, StreamWriter& writer, inquiries::v1::Audience audience,
                       Executor executor)
    : hub_(hub),
      inquiries_(inquiries),
      clock_(clock),
      context_(std::move(context)),
      writer_(writer),
      audience_(audience),
      inbox_(std::make_shared<Inbox>(executor)) {}

LiveStream::~LiveStream() {
  for (const auto& [name, followed] : views_) hub_.LeaveConversation(shop(), followed.id, inbox_);
  hub_.Closed(inbox_);
}

Task<absl::Status> LiveStream::Run() {
  last_write_ms_ = MonotonicMs();
  hub_.Opened(inbox_);
  writer_.OnGone([inbox = inbox_] { inbox->Close(/*goodbye=*/false); });
  KEFU_CO_RETURN_IF_ERROR(co_await Begin());
  while (true) {
    if (MonotonicMs() >= check_at_ms_) {
      check_at_ms_ = MonotonicMs() + kCheckEveryMs;
      KEFU_CO_RETURN_IF_ERROR(co_await MayGoOn());
    }
    co_await ReadDueGaps();
    if (!was_live_ && AllLive()) {
      was_live_ = true;
      co_await OnLive();
    }
    KEFU_CO_RETURN_IF_ERROR(co_await Flush());
    const int64_t until_ms = NextDue();
    Inbox::Batch batch = co_await inbox_->Take(until_ms);
    for (NoticePtr& notice : batch.notices) co_await Dispatch(std::move(notice));
    if (batch.overflowed) {
      for (auto& [name, followed] : views_)
        followed.view.OnHead(followed.view.epoch(), UINT64_MAX, clock_.Now());
      co_await OnOverflow();
    }
    if (batch.closed) {
      if (!batch.goodbye) co_return absl::OkStatus();
      v1::Goodbye goodbye;
      goodbye.set_reconnect_after_ms(kReconnectAfterMs);
      Send(GoodbyeFrame(goodbye));
      co_return co_await Flush();
    }
  }
}

Task<> LiveStream::Dispatch(NoticePtr notice) {
  if (const auto* appended =
          std::get_if<std::shared_ptr<const inquiries::v1::EntryAppended>>(&notice->body)) {
    OnEntry(*notice, *appended);
  } else if (const auto* head = std::get_if<HeadSeen>(&notice->body)) {
    const auto followed = views_.find(head->conversation);
    if (followed != views_.end())
      followed->second.view.OnHead(notice->store_epoch, head->head, clock_.Now());
  } else if (const auto* moved = std::get_if<inquiries::v1::MarksMoved>(&notice->body)) {
    Send(MarksFrame(moved->marks()));
  } else if (const auto* typing = std::get_if<v1::Typing>(&notice->body)) {
    // People do not watch themselves typing.
    if (typing->notice().participant() != context_.caller.subject)
      Send(TypingFrame(typing->notice()));
  } else {
    co_await OnNotice(std::move(notice));
  }
}

void LiveStream::OnEntry(const Notice& notice,
                         std::shared_ptr<const inquiries::v1::EntryAppended> appended) {
  const auto followed = views_.find(appended->entry().conversation());
  if (followed == views_.end()) return;
  const bool staff = audience_ == inquiries::v1::AUDIENCE_STAFF;
  Item item;
  item.seq = appended->entry().seq();
  item.prev_seq = staff ? item.seq - 1 : appended->buyer_prev_seq();
  item.visible = staff || appended->buyer_visible();
  const common::v1::Entry* entry = &appended->entry();
  item.entry = std::shared_ptr<const common::v1::Entry>(std::move(appended), entry);
  View& view = followed->second.view;
  Show(followed->first, view, view.OnNotice(notice.store_epoch, std::move(item), clock_.Now()));
}

Task<> LiveStream::ReadDueGaps() {
  const TimePoint now = clock_.Now();
  std::vector<std::string> due;
  for (const auto& [name, followed] : views_) {
    if (followed.view.read_at() && *followed.view.read_at() <= now) due.push_back(name);
  }
  for (std::string& conversation : due) co_await ReadGap(std::move(conversation));
}

Task<> LiveStream::ReadGap(std::string conversation) {
  View* view = &views_.at(conversation).view;
  view->OnReadBegins();
  inquiries::v1::ListEntriesRequest request;
  request.set_shop(shop().str());
  request.set_conversation(conversation);
  request.set_audience(audience_);
  request.set_after_seq(view->position());
  request.set_page_size(kPageSize);
  server::CallScope scope = NewScope();
  absl::StatusOr<inquiries::v1::ListEntriesResponse> read =
      co_await inquiries_.Call(&InquiriesClient::Conversations::ListEntries, scope, request);
  // A conversation that does not exist yet is an empty one.
  if (absl::IsNotFound(read.status())) {
    inquiries::v1::ListEntriesResponse empty;
    empty.set_store_epoch(view->epoch());
    read = std::move(empty);
  }
  if (!read.ok()) {
    log::Warn("a gap could not be read", {{"reason", ErrorReason(read.status())}}, &scope.trace);
    view->OnReadFailed(clock_.Now());
    co_return;
  }
  Page page;
  page.epoch = read->store_epoch();
  page.head = read->head_seq();
  page.audience_head = read->audience_head_seq();
  for (common::v1::Entry& entry : *read->mutable_entries()) {
    Item item{entry.seq(), entry.prev_seq(), true, nullptr};
    item.entry = std::make_shared<const common::v1::Entry>(std::move(entry));
    page.items.push_back(std::move(item));
  }
  const uint64_t observed_epoch = view->epoch();
  Step step = view->OnPage(std::move(page), clock_.Now());
  if (step.lost_tail) co_await RaiseEpoch(observed_epoch);
  Show(conversation, *view, std::move(step));
}

Task<> LiveStream::RaiseEpoch(uint64_t observed_epoch) {
  events::v1::RaiseEpochRequest request;
  request.set_shop(shop().str());
  request.set_observed_epoch(observed_epoch);
  request.set_request_id("lost-tail-" + std::to_string(observed_epoch));
  server::CallScope scope = NewScope();
  log::Error("the store lost entries that were seen; raising its epoch",
             {{"shop", shop().str()}, {"observed_epoch", observed_epoch}}, &scope.trace);
  const auto raised =
      co_await inquiries_.Call(&InquiriesClient::EventLog::RaiseEpoch, scope, request);
  if (!raised.ok()) {
    log::Error("the epoch was not raised", {{"reason", ErrorReason(raised.status())}},
               &scope.trace);
  }
}

void LiveStream::Show(const std::string& conversation, const View& view, Step step) {
  if (step.restart) {
    v1::Resync resync;
    resync.set_reason(v1::Resync::REASON_EPOCH_CHANGED);
    resync.set_conversation(conversation);
    resync.set_store_epoch(view.epoch());
    Send(ResyncFrame(resync));
  }
  for (const Item& item : step.show) {
    if (!Admits(*item.entry)) continue;
    Send(EntryFrame(*item.entry, item.prev_seq));
    OnShown(*item.entry);
  }
}

int64_t LiveStream::NextDue() const {
  int64_t due_ms = std::min(last_write_ms_ + kHeartbeatMs, check_at_ms_);
  const TimePoint now = clock_.Now();
  for (const auto& [name, followed] : views_) {
    if (!followed.view.read_at()) continue;
    due_ms = std::min(due_ms, MonotonicMs() + std::max<int64_t>(0, *followed.view.read_at() - now));
  }
  return due_ms;
}

bool LiveStream::AllLive() const {
  return std::all_of(views_.begin(), views_.end(),
                     [](const auto& pair) { return pair.second.view.live(); });
}

Task<absl::Status> LiveStream::Flush() {
  if (frames_.empty() && MonotonicMs() - last_write_ms_ >= kHeartbeatMs) {
    v1::Heartbeat heartbeat;
    *heartbeat.mutable_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(clock_.Now().ms);
    Send(HeartbeatFrame(heartbeat));
  }
  if (frames_.empty()) co_return absl::OkStatus();
  std::vector<MessagePtr> frames;
  frames.swap(frames_);
  last_write_ms_ = MonotonicMs();
  co_return co_await writer_.Write(std::move(frames));
}

void LiveStream::Follow(const ConversationId& conversation, uint64_t epoch, uint64_t seq) {
  if (Follows(conversation.str())) return;
  hub_.ListenConversation(shop(), conversation, inbox_);
  views_.emplace(conversation.str(),
                 Followed{conversation, View(epoch, seq, clock_.Now(), ViewOptions())});
}

void LiveStream::Unfollow(const std::string& conversation) {
  const auto followed = views_.find(conversation);
  if (followed == views_.end()) return;
  hub_.LeaveConversation(shop(), followed->second.id, inbox_);
  views_.erase(followed);
}

const View* LiveStream::view(const std::string& conversation) const {
  const auto followed = views_.find(conversation);
  return followed == views_.end() ? nullptr : &followed->second.view;
}

server::CallScope LiveStream::NewScope() const {
  server::CallScope scope = context_.scope;
  scope.deadline_ms = MonotonicMs() + kReadDeadlineMs;
  return scope;
}

}  // namespace kefu::gateway::streams
