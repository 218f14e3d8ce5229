#include "services/common/events/log_follower.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "services/common/base/failpoint.h"
#include "services/common/base/retry.h"
#include "services/common/base/status.h"
#include "services/common/base/when_all.h"
#include "services/common/logging/log.h"

namespace kefu::events {
namespace {

using redis::Cursor;

constexpr uint32_t kPageSize = 200;
constexpr size_t kMaxHeard = 64;
constexpr char kCursorMoved[] = "CURSOR_MOVED";

uint64_t Number(const ErrorMetadata& metadata, const std::string& name) {
  const auto found = metadata.find(name);
  return found == metadata.end() ? 0 : std::strtoull(found->second.c_str(), nullptr, 10);
}

int64_t TimeOf(const v1::Envelope& envelope) {
  return google::protobuf::util::TimeUtil::TimestampToMilliseconds(envelope.time());
}

}  // namespace

LogFollower::LogFollower(ShopId shop, SourceLink& source, redis::CursorStore& cursors,
                         std::function<bool()> goes_on)
    : shop_(std::move(shop)),
      source_(source),
      log_(source.name, shop_, source.channels),
      cursors_(cursors),
      goes_on_(std::move(goes_on)) {}

LogFollower::Hint LogFollower::Hear(v1::Envelope envelope) {
  const Cursor told{envelope.store_epoch(), envelope.seq()};
  if (told.store_epoch == head_.store_epoch && told.seq > head_.seq) head_.seq = told.seq;
  if (oldest_ms_ == 0) oldest_ms_ = SystemClock().Now().ms;
  // Only tells that the log grew (some without an epoch), or from where cannot be said yet.
  if (envelope.data().empty() || !stored_ || told.store_epoch != at_.store_epoch) {
    if (stored_ && told.store_epoch != 0 && told <= at_) return Hint::kNothing;
    Look();
    return Hint::kWork;
  }
  if (told.seq <= at_.seq) return Hint::kNothing;
  if (heard_.size() < kMaxHeard || told.seq < heard_.rbegin()->first) {
    heard_.emplace(told.seq, std::move(envelope));
    if (heard_.size() > kMaxHeard) heard_.erase(std::prev(heard_.end()));
  }
  return HasGap() ? Hint::kGap : Hint::kWork;
}

void LogFollower::SeeHead(const Cursor& head) {
  // An answer may be older than what was heard since.
  if (head.store_epoch != head_.store_epoch || head.seq > head_.seq) head_ = head;
  // Without a cursor, that is read before anything else.
  if (!stored_ || head == at_) return;
  if (oldest_ms_ == 0) oldest_ms_ = SystemClock().Now().ms;
  Look();
}

void LogFollower::Look() {
  look_ = true;
  look_again_ = true;
}

void LogFollower::Forget() {
  forget_ = true;
  heard_.clear();
}

bool LogFollower::HasWork() const {
  return look_ || forget_ || !stored_ || (!heard_.empty() && heard_.begin()->first == at_.seq + 1);
}

bool LogFollower::HasGap() const {
  return stored_ && !heard_.empty() && heard_.begin()->first > at_.seq + 1;
}

uint64_t LogFollower::lag_events() const {
  if (!stored_) return head_.seq;
  // After a loss the head may be lower, in a new epoch.
  return head_.seq > at_.seq ? head_.seq - at_.seq : 0;
}

void LogFollower::Knows(Cursor cursor) {
  stored_ = cursor;
  at_ = cursor;
}

Task<absl::Status> LogFollower::Step() {
  if (forget_ || !stored_) KEFU_CO_RETURN_IF_ERROR(co_await LoadCursor());
  absl::Status status;
  if (!snapshot_) status = co_await TakeHeard();
  if (status.ok() && look_ && goes_on_()) status = co_await ReadOn();
  heard_.erase(heard_.begin(), heard_.upper_bound(at_.seq));
  if (at_ != *stored_ && !forget_ && ErrorReason(status) != kCursorMoved) {
    const Cursor handled = at_;
    status.Update(co_await MoveTo(handled));
  }
  if (!status.ok()) look_ = true;
  if (ErrorReason(status) == kCursorMoved) Forget();
  if (lag_events() == 0) oldest_ms_ = 0;
  co_return status;
}

Task<absl::Status> LogFollower::LoadCursor() {
  absl::StatusOr<Cursor> cursor = co_await cursors_.Get(shop_, source_.name);
  if (!cursor.ok()) co_return cursor.status();
  forget_ = false;
  heard_.clear();
  // Whoever moved it went on from a place that a snapshot begun before would lead back from.
  if (stored_ && *cursor != *stored_) snapshot_.reset();
  look_ = look_ || *cursor != head_;
  Knows(*cursor);
  co_return absl::OkStatus();
}

Task<absl::Status> LogFollower::TakeHeard() {
  while (goes_on_() && !forget_) {
    const auto next = heard_.find(at_.seq + 1);
    if (next == heard_.end()) break;
    if (next->second.store_epoch() != at_.store_epoch) {
      heard_.clear();
      look_ = true;
      break;
    }
    std::vector<v1::Envelope> following;
    uint64_t seq = at_.seq + 1;
    for (auto one = next;
         one != heard_.end() && one->first == seq && one->second.store_epoch() == at_.store_epoch;
         ++one, ++seq) {
      following.push_back(std::move(one->second));
      if (!source_.pipelined) break;
    }
    heard_.erase(next, heard_.lower_bound(at_.seq + 1 + following.size()));
    KEFU_CO_RETURN_IF_ERROR(co_await TakeAll(std::move(following)));
  }
  co_return absl::OkStatus();
}

Task<absl::Status> LogFollower::ReadOn() {
  look_ = false;
  look_again_ = false;
  if (snapshot_) co_return co_await TakeSnapshot();
  if (at_ == Cursor{}) {
    const absl::StatusOr<bool> gone = co_await log_.BeginningIsGone();
    if (!gone.ok()) co_return gone.status();
    if (*gone) co_return co_await TakeSnapshot();
  }
  v1::ReadRequest request;
  request.set_after_seq(at_.seq);
  request.set_store_epoch(at_.store_epoch);
  request.set_page_size(kPageSize);
  for (const std::string& type : source_.types) request.add_types(type);
  absl::StatusOr<v1::ReadResponse> read = co_await log_.Read(std::move(request));
  if (!read.ok()) co_return co_await OnRefusedRead(read.status());
  if (read->head_seq() < at_.seq) co_return co_await RaiseEpoch();
  head_ = {read->store_epoch(), read->head_seq()};
  at_.store_epoch = read->store_epoch();
  std::vector<v1::Envelope> page;
  uint64_t last = at_.seq;
  for (v1::Envelope& envelope : *read->mutable_envelopes()) {
    if (envelope.seq() <= last) continue;
    last = envelope.seq();
    page.push_back(std::move(envelope));
  }
  look_ = true;  // until the page is through
  KEFU_CO_RETURN_IF_ERROR(co_await TakeAll(std::move(page)));
  if (at_.seq < last) co_return absl::OkStatus();
  at_.seq = std::max(at_.seq, read->next_seq());
  look_ = look_again_ || at_.seq < head_.seq;
  co_return absl::OkStatus();
}

Task<absl::Status> LogFollower::TakeAll(std::vector<v1::Envelope> envelopes) {
  if (source_.pipelined && !KEFU_FAILPOINT_ON("consumer.acknowledge_first")) {
    co_return co_await TakeTogether(std::move(envelopes));
  }
  for (v1::Envelope& envelope : envelopes) {
    if (!goes_on_() || forget_) break;
    KEFU_CO_RETURN_IF_ERROR(co_await Take(std::move(envelope)));
  }
  co_return absl::OkStatus();
}

// Stops at the first that failed: those behind it were refused by the cursor.
Task<absl::Status> LogFollower::TakeTogether(std::vector<v1::Envelope> envelopes) {
  if (envelopes.empty() || !goes_on_() || forget_) co_return absl::OkStatus();
  oldest_ms_ = TimeOf(envelopes.front());
  std::vector<Handed> all;
  Cursor expected = *stored_;
  for (v1::Envelope& envelope : envelopes) {
    const Handler* const handler = source_.Find(envelope.type());
    const Cursor next{at_.store_epoch, envelope.seq()};
    all.push_back({handler, std::move(envelope), redis::CursorMove{source_.name, expected, next}});
    if (handler != nullptr) expected = next;
  }
  std::vector<Task<>> tasks;
  for (Handed& handed : all) {
    if (handed.handler != nullptr) tasks.push_back(Hand(&handed));
  }
  KEFU_FAILPOINT("consumer.before_effect");
  co_await WhenAll(std::move(tasks));
  KEFU_FAILPOINT("consumer.after_effect");
  for (Handed& handed : all) {
    const Cursor next = handed.move->next;
    if (handed.effect.ok()) {
      at_ = next;
      if (handed.handler == nullptr) continue;
      stored_ = next;
      source_.events.Increment();
    } else if (Passes(handed.effect.status())) {
      co_return handed.effect.status();
    } else {
      look_ = true;  // for those behind it
      co_return co_await Bury(std::move(handed.envelope), handed.effect.status(), next);
    }
  }
  co_return absl::OkStatus();
}

Task<> LogFollower::Hand(Handed* handed) {
  const v1::Envelope& envelope = handed->envelope;
  Delivery delivery{NewScope(envelope.traceparent(), envelope.id()), shop_, envelope, handed->move,
                    /*from_snapshot=*/!handed->move.has_value()};
  handed->effect = co_await (*handed->handler)(std::move(delivery));
}

Task<absl::Status> LogFollower::OnRefusedRead(absl::Status refused) {
  const std::string reason = ErrorReason(refused);
  if (reason == "LOG_TRIMMED") co_return co_await TakeSnapshot();
  if (reason != "STALE_EPOCH") co_return refused;
  const ErrorMetadata metadata = ErrorMetadataOf(refused);
  const Cursor head{Number(metadata, "epoch"), Number(metadata, "head")};
  // The publisher was put back to before its last loss was seen: it must leave that epoch, too.
  if (head.store_epoch < at_.store_epoch) co_return co_await RaiseEpoch();
  log::Warn("a publisher's store was rolled back or restored", {{"source", source_.name},
                                                                {"shop", shop_.str()},
                                                                {"epoch", head.store_epoch},
                                                                {"head", head.seq},
                                                                {"cursor", at_.seq}});
  head_ = head;
  heard_.clear();
  look_ = true;
  const Cursor read = at_;
  const absl::StatusOr<std::optional<uint64_t>> written_anew =
      co_await log_.FirstWrittenAfter(read, head);
  if (!written_anew.ok()) co_return written_anew.status();
  if (!*written_anew) co_return co_await TakeSnapshot();
  const Cursor next{head.store_epoch, **written_anew - 1};
  co_return co_await MoveTo(next);
}

Task<absl::Status> LogFollower::RaiseEpoch() {
  log::Warn("a publisher lost events that were read before",
            {{"source", source_.name}, {"shop", shop_.str()}, {"cursor", at_.seq}});
  const uint64_t observed = at_.store_epoch;
  const absl::Status raised = co_await log_.RaiseEpoch(observed);
  look_ = true;
  co_return raised;
}

Task<absl::Status> LogFollower::TakeSnapshot() {
  look_ = true;  // to go on with it, and then with the log
  if (!snapshot_) {
    snapshot_.emplace();
    source_.snapshots.Increment();
    log::Info("taking a snapshot", {{"source", source_.name}, {"shop", shop_.str()}});
  }
  while (goes_on_() && !forget_) {
    std::string token = snapshot_->page_token;
    absl::StatusOr<v1::SnapshotResponse> page =
        co_await log_.SnapshotPage(std::move(token), kPageSize);
    if (!page.ok()) {
      if (!Passes(page.status())) *snapshot_ = Progress();  // from the beginning
      co_return page.status();
    }
    if (!snapshot_->from) snapshot_->from = Cursor{page->store_epoch(), page->head_seq()};
    const std::string next_page = page->next_page_token();
    KEFU_CO_RETURN_IF_ERROR(co_await TakeSnapshotPage(*std::move(page)));
    snapshot_->page_token = next_page;
    if (!next_page.empty()) continue;
    const Cursor from = *snapshot_->from;
    KEFU_CO_RETURN_IF_ERROR(co_await MoveTo(from));
    snapshot_.reset();
    co_return absl::OkStatus();
  }
  co_return absl::OkStatus();
}

Task<absl::Status> LogFollower::TakeSnapshotPage(v1::SnapshotResponse page) {
  std::vector<Handed> all;
  for (v1::Envelope& envelope : *page.mutable_envelopes()) {
    const Handler* const handler = source_.Find(envelope.type());
    if (handler != nullptr) all.push_back({handler, std::move(envelope), std::nullopt});
  }
  if (source_.pipelined && !all.empty()) {
    std::vector<Task<>> tasks;
    for (Handed& handed : all) tasks.push_back(Hand(&handed));
    co_await WhenAll(std::move(tasks));
  }
  for (Handed& handed : all) {
    if (!source_.pipelined) co_await Hand(&handed);
    const absl::Status status = handed.effect.status();
    if (!status.ok() && Passes(status)) co_return status;
    if (!status.ok()) {
      const Cursor stays = *stored_;
      KEFU_CO_RETURN_IF_ERROR(co_await Bury(std::move(handed.envelope), status, stays));
    }
    source_.events.Increment();
  }
  co_return absl::OkStatus();
}

Task<absl::Status> LogFollower::Take(v1::Envelope envelope) {
  const Handler* const handler = source_.Find(envelope.type());
  const Cursor next{at_.store_epoch, envelope.seq()};
  oldest_ms_ = TimeOf(envelope);
  if (handler == nullptr) {
    at_ = next;
    co_return absl::OkStatus();
  }
  KEFU_FAILPOINT("consumer.before_effect");
  const bool acknowledge_first = KEFU_FAILPOINT_ON("consumer.acknowledge_first");
  if (acknowledge_first) KEFU_CO_RETURN_IF_ERROR(co_await MoveTo(next));
  Delivery delivery{NewScope(envelope.traceparent(), envelope.id()), shop_, envelope,
                    redis::CursorMove{source_.name, *stored_, next}};
  if (acknowledge_first) delivery.move.reset();
  const absl::StatusOr<Effect> effect = co_await (*handler)(std::move(delivery));
  KEFU_FAILPOINT("consumer.after_effect");
  if (!effect.ok()) {
    if (acknowledge_first) co_return absl::OkStatus();  // lost, which the control is to show
    if (Passes(effect.status())) co_return effect.status();
    co_return co_await Bury(std::move(envelope), effect.status(), next);
  }
  source_.events.Increment();
  at_ = next;
  if (*effect == Effect::kCommitted) stored_ = next;
  co_return absl::OkStatus();
}

Task<absl::Status> LogFollower::Bury(v1::Envelope envelope, absl::Status refused, Cursor next) {
  redis::DeadLetter letter;
  letter.source = source_.name;
  letter.event = envelope.id();
  letter.envelope = envelope.SerializeAsString();
  letter.reason = ErrorReason(refused);
  letter.message = std::string(refused.message());
  letter.time = SystemClock().Now();
  const Cursor expected = *stored_;
  const std::string reason = letter.reason;
  const absl::Status buried = co_await cursors_.Bury(shop_, std::move(letter), expected, next);
  if (ErrorReason(buried) == "DEAD_LETTERS_FULL") source_.full.Increment();
  // Tried again with the event, and told of as every log that is held up.
  if (!buried.ok()) co_return buried;
  const Trace trace{envelope.traceparent(), envelope.id()};
  log::Error("an event is refused for good",
             {{"source", source_.name},
              {"shop", shop_.str()},
              {"event", envelope.id()},
              {"type", envelope.type()},
              {"subject", envelope.subject()},
              {"reason", reason}},
             &trace);
  source_.dead_letters.Increment();
  // Out of a snapshot it moves nothing.
  if (next != expected) Knows(next);
  co_return absl::OkStatus();
}

Task<absl::Status> LogFollower::MoveTo(Cursor next) {
  const Cursor expected = *stored_;
  KEFU_CO_RETURN_IF_ERROR(co_await cursors_.Advance(shop_, source_.name, expected, next));
  Knows(next);
  co_return absl::OkStatus();
}

}  // namespace kefu::events
