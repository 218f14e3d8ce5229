#include "gateway/sessions/log_reader.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "proto/kefu/inquiries/v1/events.pb.h"
#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"
#include "services/common/redis/function.h"

namespace kefu::gateway::sessions {
namespace {

constexpr int64_t kTickMs = 50;
constexpr int64_t kLeaseMs = 3000;
constexpr int64_t kRenewEveryMs = 1000;
constexpr int64_t kLearnShopsEveryMs = 5000;
constexpr int64_t kActiveForMs = 120'000;
// Shops whose lease came from another gateway, which may have died in the middle of something.
constexpr int64_t kInheritedForMs = 20'000;
constexpr int64_t kActiveEveryMs = 2000;
constexpr int64_t kIdleEveryMs = 30'000;
constexpr int64_t kCallMs = 3000;
constexpr uint32_t kPageSize = 200;

constexpr char kOpened[] = "com.kefu.inquiry.opened.v1";
constexpr char kReopened[] = "com.kefu.inquiry.reopened.v1";
constexpr char kClosed[] = "com.kefu.inquiry.closed.v1";

server::CallScope NewScope() {
  server::CallScope scope;
  scope.trace.traceparent = TraceparentOrNew("");
  scope.deadline_ms = MonotonicMs() + kCallMs;
  return scope;
}

// Errors that go away by themselves: the step is worth another try.
bool Passes(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace

LogReader::LogReader(redis::ShardMap& shards, InquiriesClient& inquiries, routing::Router& router,
                     SessionFlow& flow, Announcer& announcer, Hooks hooks,
                     metrics::Metrics& metrics)
    : shards_(shards),
      inquiries_(inquiries),
      router_(router),
      flow_(flow),
      announcer_(announcer),
      hooks_(std::move(hooks)),
      repeated_(metrics.AddCounter("kefu_gateway_log_entries_total",
                                   "Log entries whose following step was assured.")),
      failed_(metrics.AddCounter("kefu_gateway_log_failures_total",
                                 "Reads of a log that ended early with an error.")),
      holder_(NewToken()) {}

void LogReader::Start(Executor executor) { Spawn(executor, Loop()); }

void LogReader::Poke(const ShopId& shop) {
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  const auto found = shops_.find(shop);
  if (found == shops_.end()) return;  // LearnShops will find it
  found->second.active_until_ms = now + kActiveForMs;
  found->second.read_at_ms = std::min(found->second.read_at_ms, now);
}

Task<> LogReader::Loop() {
  while (true) {
    const int64_t now = MonotonicMs();
    if (now >= leases_at_ms_) co_await RenewLeases();
    if (now >= shops_at_ms_) co_await LearnShops();
    const std::vector<ShopId> due = TakeDue();
    for (const ShopId& shop : due) co_await Process(shop);
    co_await SleepMs(kTickMs);
  }
}

Task<> LogReader::RenewLeases() {
  leases_at_ms_ = MonotonicMs() + kRenewEveryMs;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    redis::FunctionCall call;
    call.function = "gateway_lease_v1";
    call.keys = {"kf:gateway:{sys}:lease:" + std::to_string(bucket)};
    call.arguments = {holder_, std::to_string(kLeaseMs)};
    const int64_t asked_ms = MonotonicMs();
    absl::StatusOr<redis::Value::Array> answer =
        co_await redis::CallFunction(shards_.System(), std::move(call), kRenewEveryMs);
    // Unknown counts as not held: another gateway may hold it, and if none does, the next round
    // gets it.
    const bool held = answer.ok() && !answer->empty() && answer->front().Int() == 1;
    if (held && leased_until_ms_[bucket] == 0) WakeShops(bucket);
    leased_until_ms_[bucket] = held ? asked_ms + kLeaseMs : 0;
    if (!answer.ok()) co_return;
  }
}

void LogReader::WakeShops(size_t bucket) {
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  for (auto& [shop, state] : shops_) {
    if (BucketOf(shop) != bucket) continue;
    state.read_at_ms = now;
    state.active_until_ms = std::max(state.active_until_ms, now + kInheritedForMs);
  }
}

Task<> LogReader::LearnShops() {
  const int64_t now = MonotonicMs();
  const bool at_start = shops_at_ms_ == 0;
  shops_at_ms_ = now + kLearnShopsEveryMs;
  if (const absl::Status refreshed = shards_.Refresh(); !refreshed.ok()) {
    log::Error("the shard map was not read again", {{"problem", FromAbsl(refreshed.message())}});
  }
  absl::StatusOr<std::vector<ShopId>> shops = co_await hooks_.list_shops();
  if (!shops.ok()) {
    log::Warn("the list of shops could not be read", {{"reason", ErrorReason(shops.status())}});
    co_return;
  }
  for (const ShopId& shop : *shops) {
    bool added = false;
    {
      absl::MutexLock lock(&mutex_);
      const auto [known, inserted] = shops_.try_emplace(shop);
      added = inserted;
      // Made just now: its first sessions come before anybody listened to its topics.
      if (inserted && !at_start) known->second.active_until_ms = now + kActiveForMs;
    }
    if (added) hooks_.shop_seen(shop);
  }
}

std::vector<ShopId> LogReader::TakeDue() {
  std::vector<ShopId> due;
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  for (auto& [shop, state] : shops_) {
    if (state.read_at_ms > now || leased_until_ms_[BucketOf(shop)] <= now) continue;
    state.read_at_ms = now + (state.active_until_ms > now ? kActiveEveryMs : kIdleEveryMs);
    due.push_back(shop);
  }
  return due;
}

void LogReader::KeepActive(const ShopId& shop) {
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  ShopState& state = shops_[shop];
  state.active_until_ms = now + kActiveForMs;
  state.read_at_ms = std::min(state.read_at_ms, now + kActiveEveryMs);
}

void LogReader::ReadAgainAt(const ShopId& shop, int64_t at_ms) {
  absl::MutexLock lock(&mutex_);
  ShopState& state = shops_[shop];
  state.read_at_ms = std::min(state.read_at_ms, at_ms);
}

Task<> LogReader::Process(ShopId shop) {
  const server::CallScope scope = NewScope();
  absl::StatusOr<bool> more = co_await ReadInquiries(scope, shop);
  absl::Status status = more.status();
  bool again = more.ok() && *more;
  more = co_await ReadRouting(scope, shop);
  status.Update(more.status());
  again = again || (more.ok() && *more);
  more = co_await Sweep(scope, shop);
  status.Update(more.status());
  again = again || (more.ok() && *more);
  absl::Status repaired = co_await hooks_.repair(shop);
  status.Update(repaired);
  if (!status.ok()) {
    failed_.Increment();
    log::Warn("a log was not read to its end",
              {{"shop", shop.str()}, {"reason", ErrorReason(status)}}, &scope.trace);
  }
  if (again || !status.ok()) ReadAgainAt(shop, MonotonicMs() + (status.ok() ? 0 : kTickMs * 4));
}

Task<absl::StatusOr<bool>> LogReader::ReadInquiries(server::CallScope scope, ShopId shop) {
  absl::StatusOr<routing::Router::Cursor> cursor = co_await router_.GetCursor(shop, "inquiries");
  if (!cursor.ok()) co_return cursor.status();
  events::v1::ReadRequest request;
  request.set_shop(shop.str());
  request.set_after_seq(cursor->seq);
  request.set_store_epoch(cursor->store_epoch);
  request.set_page_size(kPageSize);
  for (const char* type : {kOpened, kReopened, kClosed}) request.add_types(type);
  absl::StatusOr<events::v1::ReadResponse> read =
      co_await inquiries_.Call(&InquiriesClient::EventLog::Read, scope, request);
  routing::Router::Cursor next = *cursor;
  if (ErrorReason(read.status()) == "STALE_EPOCH") {
    // The store's end may be another one now: go on in the new epoch, from its head if that is
    // lower.
    ErrorMetadata metadata = ErrorMetadataOf(read.status());
    next.store_epoch = std::strtoull(metadata["epoch"].c_str(), nullptr, 10);
    next.seq =
        std::min<uint64_t>(cursor->seq, std::strtoull(metadata["head"].c_str(), nullptr, 10));
    absl::StatusOr<bool> advanced =
        co_await router_.AdvanceCursor(shop, "inquiries", *cursor, next);
    if (!advanced.ok()) co_return advanced.status();
    co_return true;
  }
  if (!read.ok()) co_return read.status();
  TimePoint passed;
  for (events::v1::Envelope& envelope : *read->mutable_envelopes()) {
    const std::string subject = envelope.subject();
    passed.ms = google::protobuf::util::TimeUtil::TimestampToMilliseconds(envelope.time());
    const absl::Status followed = co_await Follow(scope, shop, std::move(envelope));
    if (Passes(followed)) co_return followed;
    if (!followed.ok()) {
      // Repeating it would end the same way and keep all that comes after it waiting.
      log::Error("a step that follows from the log is refused",
                 {{"subject", subject}, {"reason", ErrorReason(followed)}}, &scope.trace);
    }
    repeated_.Increment();
  }
  if (read->envelopes_size() > 0) Poke(shop);
  std::optional<TimePoint> up_to;
  if (read->next_seq() < read->head_seq()) up_to = passed;
  next.store_epoch = read->store_epoch();
  next.seq = read->next_seq();
  if (next.seq == cursor->seq && next.store_epoch == cursor->store_epoch) co_return false;
  absl::StatusOr<bool> advanced =
      co_await router_.AdvanceCursor(shop, "inquiries", *cursor, next, up_to);
  if (!advanced.ok()) co_return advanced.status();
  co_return next.seq < read->head_seq();
}

Task<absl::Status> LogReader::Follow(server::CallScope scope, ShopId shop,
                                     events::v1::Envelope envelope) {
  inquiries::v1::InquiryChanged changed;
  if (!changed.ParseFromString(envelope.data())) {
    // Never seen; were it to happen, stopping the shop's log for it would be worse than losing one
    // repetition.
    log::Error("an event of inquiries cannot be read",
               {{"shop", shop.str()}, {"event", envelope.id()}}, &scope.trace);
    co_return absl::OkStatus();
  }
  if (envelope.type() == kClosed) {
    co_return co_await flow_.Complete(scope, shop, changed.inquiry());
  }
  if (envelope.type() == kOpened) {
    co_return co_await flow_.Arrive(scope, shop, changed.inquiry());
  }
  co_return co_await flow_.Rearrive(scope, shop, changed.inquiry());
}

Task<absl::StatusOr<bool>> LogReader::ReadRouting(server::CallScope scope, ShopId shop) {
  absl::StatusOr<routing::Router::Cursor> cursor = co_await router_.GetCursor(shop, "routing");
  if (!cursor.ok()) co_return cursor.status();
  absl::StatusOr<std::vector<routing::Event>> read =
      co_await router_.ReadEvents(shop, cursor->seq, kPageSize);
  if (!read.ok()) co_return read.status();
  if (read->empty()) co_return false;
  routing::Router::Cursor next = *cursor;
  for (routing::Event& event : *read) {
    KEFU_CO_RETURN_IF_ERROR(
        co_await announcer_.AnnounceSession(scope, shop, std::move(event.change)));
    next.seq = event.seq;
    repeated_.Increment();
  }
  absl::StatusOr<bool> advanced = co_await router_.AdvanceCursor(shop, "routing", *cursor, next);
  if (!advanced.ok()) co_return advanced.status();
  co_return read->size() == kPageSize;
}

Task<absl::StatusOr<bool>> LogReader::Sweep(server::CallScope scope, ShopId shop) {
  absl::StatusOr<routing::Router::SweepResult> swept = co_await router_.Sweep(shop);
  if (!swept.ok()) co_return swept.status();
  const bool changed = swept->outcome.event_seq != 0 || !swept->outcome.agents.empty();
  if (swept->next_due) {
    KeepActive(shop);
    const SystemClock clock;
    ReadAgainAt(shop, MonotonicMs() + std::max<int64_t>(0, *swept->next_due - clock.Now()));
  }
  if (changed) {
    KEFU_CO_RETURN_IF_ERROR(co_await announcer_.Announce(scope, shop, std::move(swept->outcome)));
  }
  co_return changed;
}

}  // namespace kefu::gateway::sessions
