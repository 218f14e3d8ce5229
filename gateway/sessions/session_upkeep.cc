#include "gateway/sessions/session_upkeep.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::sessions {
namespace {

constexpr int64_t kTickMs = 50;
constexpr int64_t kWatchEveryMs = 500;
constexpr int64_t kLearnShopsEveryMs = 5000;
constexpr int64_t kActiveForMs = 120'000;
// Shops whose lease came from another gateway, which may have died in the middle of something.
constexpr int64_t kInheritedForMs = 20'000;
constexpr int64_t kActiveEveryMs = 2000;
constexpr int64_t kIdleEveryMs = 30'000;
constexpr int64_t kTombstonesEveryMs = 30'000;
constexpr int64_t kCallMs = 3000;
constexpr uint32_t kPageSize = 200;
constexpr int kMaxServers = 16;

server::CallScope NewScope() {
  server::CallScope scope;
  scope.trace.traceparent = TraceparentOrNew("");
  scope.deadline_ms = MonotonicMs() + kCallMs;
  return scope;
}

}  // namespace

SessionUpkeep::SessionUpkeep(redis::ShardMap& shards, events::Consumer& consumer,
                             SessionCursors& cursors, routing::Router& router, Announcer& announcer,
                             Hooks hooks, metrics::Metrics& metrics)
    : shards_(shards),
      consumer_(consumer),
      cursors_(cursors),
      router_(router),
      announcer_(announcer),
      hooks_(std::move(hooks)),
      repeated_(metrics.AddCounter("kefu_gateway_log_entries_total",
                                   "Log entries whose following step was assured.")),
      failed_(metrics.AddCounter("kefu_gateway_log_failures_total",
                                 "Reads of a log that ended early with an error.")),
      functions_(shards, "gateway") {}

void SessionUpkeep::Start(Executor executor) {
  tasks_ = std::make_unique<TaskGroup>(executor);
  tasks_->Spawn(KeepWatching());
  tasks_->Spawn(Loop());
}

void SessionUpkeep::Stop() {
  if (tasks_ != nullptr) tasks_->Stop();
}

void SessionUpkeep::Poke(const ShopId& shop) {
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  const auto found = shops_.find(shop);
  if (found == shops_.end()) return;  // LearnShops will find it
  found->second.active_until_ms = now + kActiveForMs;
  found->second.read_at_ms = std::min(found->second.read_at_ms, now);
}

Task<> SessionUpkeep::KeepWatching() {
  bool goes_on = true;
  while (goes_on) {
    co_await functions_.Look();
    goes_on = co_await tasks_->Sleep(kWatchEveryMs);
  }
}

Task<> SessionUpkeep::Loop() {
  bool goes_on = true;
  while (goes_on) {
    if (MonotonicMs() >= shops_at_ms_) co_await LearnShops();
    WakeInherited();
    TakeDue();
    for (size_t waiting = due_.size(); waiting > 0 && servers_ < kMaxServers; --waiting) {
      ++servers_;
      tasks_->Spawn(ServeDue());
    }
    goes_on = co_await tasks_->Sleep(kTickMs);
  }
}

void SessionUpkeep::WakeInherited() {
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  for (auto& [shop, state] : shops_) {
    const bool held = consumer_.Holds(shop);
    if (held && !state.held) {
      state.read_at_ms = now;
      state.active_until_ms = std::max(state.active_until_ms, now + kInheritedForMs);
    }
    state.held = held;
  }
}

Task<> SessionUpkeep::LearnShops() {
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

void SessionUpkeep::TakeDue() {
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  for (auto& [shop, state] : shops_) {
    if (state.read_at_ms > now || !state.held || state.taken) continue;
    state.read_at_ms = now + (state.active_until_ms > now ? kActiveEveryMs : kIdleEveryMs);
    state.taken = true;
    due_.push_back(shop);
  }
}

Task<> SessionUpkeep::ServeDue() {
  while (!due_.empty() && !tasks_->stopping()) {
    const ShopId shop = std::move(due_.front());
    due_.pop_front();
    co_await Process(shop);
    absl::MutexLock lock(&mutex_);
    shops_[shop].taken = false;
  }
  --servers_;
}

void SessionUpkeep::KeepActive(const ShopId& shop) {
  const int64_t now = MonotonicMs();
  absl::MutexLock lock(&mutex_);
  ShopState& state = shops_[shop];
  state.active_until_ms = now + kActiveForMs;
  state.read_at_ms = std::min(state.read_at_ms, now + kActiveEveryMs);
}

void SessionUpkeep::ReadAgainAt(const ShopId& shop, int64_t at_ms) {
  absl::MutexLock lock(&mutex_);
  ShopState& state = shops_[shop];
  state.read_at_ms = std::min(state.read_at_ms, at_ms);
}

Task<> SessionUpkeep::Process(ShopId shop) {
  const server::CallScope scope = NewScope();
  absl::StatusOr<bool> more = co_await ReadRouting(scope, shop);
  absl::Status status = more.status();
  bool again = more.ok() && *more;
  more = co_await Sweep(scope, shop);
  status.Update(more.status());
  again = again || (more.ok() && *more);
  absl::Status done = co_await ServeTimers(scope, shop);
  status.Update(done);
  done = co_await DropTombstones(shop);
  status.Update(done);
  done = co_await hooks_.repair(shop);
  status.Update(done);
  if (!status.ok()) {
    failed_.Increment();
    log::Warn("a shop was not looked after to the end",
              {{"shop", shop.str()}, {"reason", ErrorReason(status)}}, &scope.trace);
  }
  if (again || !status.ok()) ReadAgainAt(shop, MonotonicMs() + (status.ok() ? 0 : kTickMs * 4));
}

Task<absl::Status> SessionUpkeep::DropTombstones(ShopId shop) {
  {
    const int64_t now = MonotonicMs();
    absl::MutexLock lock(&mutex_);
    ShopState& state = shops_[shop];
    if (state.tombstones_at_ms > now) co_return absl::OkStatus();
    state.tombstones_at_ms = now + kTombstonesEveryMs;
  }
  // Until the close of a session was followed, its tombstone keeps a late arrival from reviving it.
  const bool up_to_date = co_await consumer_.UpToDate(shop, SessionCursors::kSource);
  if (!up_to_date) co_return absl::OkStatus();
  co_return co_await cursors_.UpToDate(std::move(shop));
}

Task<absl::StatusOr<bool>> SessionUpkeep::ReadRouting(server::CallScope scope, ShopId shop) {
  absl::StatusOr<routing::Router::Cursor> cursor = co_await router_.GetCursor(shop, "routing");
  if (!cursor.ok()) co_return cursor.status();
  absl::StatusOr<std::vector<routing::Event>> read =
      co_await router_.ReadEvents(shop, cursor->seq, kPageSize);
  if (!read.ok()) co_return read.status();
  if (read->empty()) co_return false;
  routing::Router::Cursor next = *cursor;
  std::vector<routing::SessionChange> changes;
  for (const routing::Event& event : *read) changes.push_back(event.change);
  if (hooks_.follow)
    KEFU_CO_RETURN_IF_ERROR(co_await hooks_.follow(scope, shop, std::move(changes)));
  for (routing::Event& event : *read) {
    KEFU_CO_RETURN_IF_ERROR(co_await announcer_.AnnounceSession(scope, shop, event.change));
    next.seq = event.seq;
    if (hooks_.routed)
      KEFU_CO_RETURN_IF_ERROR(co_await hooks_.routed(scope, shop, std::move(event)));
    repeated_.Increment();
  }
  absl::StatusOr<bool> advanced = co_await router_.AdvanceCursor(shop, "routing", *cursor, next);
  if (!advanced.ok()) co_return advanced.status();
  co_return read->size() == kPageSize;
}

Task<absl::Status> SessionUpkeep::ServeTimers(server::CallScope scope, ShopId shop) {
  if (!hooks_.serve_due) co_return absl::OkStatus();
  const absl::StatusOr<std::optional<TimePoint>> next =
      co_await hooks_.serve_due(std::move(scope), shop);
  if (!next.ok()) co_return next.status();
  const SystemClock clock;
  if (*next) ReadAgainAt(shop, MonotonicMs() + std::max<int64_t>(0, **next - clock.Now()));
  co_return absl::OkStatus();
}

Task<absl::StatusOr<bool>> SessionUpkeep::Sweep(server::CallScope scope, ShopId shop) {
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
