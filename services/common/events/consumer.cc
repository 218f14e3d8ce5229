#include "services/common/events/consumer.h"

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/events/consumer_state.h"
#include "services/common/events/publisher.h"
#include "services/common/logging/log.h"

namespace kefu::events {
namespace {

using redis::Cursor;
constexpr int kMaxWorkers = 32;
// Notices on their way to the executor; more are dropped and found by the comparison of heads.
constexpr int kMaxNotices = 4096;
// Two processes of a publisher may tell of two events in the wrong order.
constexpr int64_t kGapMs = 20;
constexpr int64_t kMinPauseMs = 50;
// What holds up one log holds up many, and is over for all at once: nobody waits long after that.
constexpr int64_t kMaxPauseMs = 1000;

// Every ten-fold number of failures is worth a line.
bool WorthTelling(int failures) {
  int step = 1;
  while (step < failures) step *= 10;
  return failures == step;
}

absl::Status NotRunning() {
  return Error(absl::StatusCode::kUnavailable, "STOPPING", "The process stops; ask another one.");
}

}  // namespace

redis::Request Delivery::request() const {
  // The same id is the same event, whoever tells of it.
  return {
      .id = envelope.id(), .payload_hash = envelope.type(), .traceparent = scope.trace.traceparent};
}

Consumer::Consumer(ConsumerOptions options, metrics::Metrics& metrics)
    : state_(std::make_unique<State>(std::move(options), metrics)) {}

Consumer::~Consumer() { Stop(); }

void Consumer::On(std::string source, std::string type, Handler handler) {
  state_->handlers[std::move(source)][std::move(type)] = std::move(handler);
}

std::vector<std::string> Consumer::sources() const {
  std::vector<std::string> names;
  for (const auto& [name, handlers] : state_->handlers) names.push_back(name);
  return names;
}

void Consumer::AddSource(Source source) { state_->options.sources.push_back(std::move(source)); }

redis::CursorStore& Consumer::cursors() { return state_->options.cursors; }

bool Consumer::Holds(const ShopId& shop) const { return state_->leases.Holds(shop); }

void Consumer::Start(Executor executor) {
  State* const state = state_.get();
  state->tasks = std::make_unique<TaskGroup>(executor);
  for (Source& source : state->options.sources) {
    const auto handlers = state->handlers.find(source.name);
    if (source.channels.empty() || handlers == state->handlers.end()) continue;
    state->links.push_back(std::make_unique<SourceLink>(state->options.service, source,
                                                        handlers->second, state->metrics));
    SourceLink* const link = state->links.back().get();
    link->pipelined = state->options.pipelined;
    state->by_topic[Topic("*", "log:" + link->name)] = link;
  }
  for (const auto& link : state->links) {
    state->tasks->Spawn(state->KeepComparing(link.get()));
    state->reports.push_back(std::make_unique<CursorReports>(
        state->options.service, *link,
        [state, one = link.get()] { return state->Positions(one); }));
    state->tasks->Spawn(state->reports.back()->Run(*state->tasks));
  }
  state->tasks->Spawn(state->leases.Run(*state->tasks));
  state->tasks->Spawn(state->KeepMeasuring());
  if (state->options.subscribe.empty()) return;
  auto subscriber = Subscriber::Connect(
      state->options.subscribe,
      [state](std::string_view topic, std::string_view envelope) { state->Hear(topic, envelope); });
  if (!subscriber.ok()) {
    log::Error("no notices: heads are compared only",
               {{"problem", FromAbsl(subscriber.status().message())}});
    return;
  }
  state->subscriber = *std::move(subscriber);
  for (const auto& [topic, link] : state->by_topic) state->subscriber->Subscribe(topic);
}

void Consumer::Stop() {
  if (state_->tasks == nullptr) return;
  state_->subscriber.reset();
  state_->tasks->Stop();
}

Task<bool> Consumer::UpToDate(ShopId shop, std::string source) {
  if (state_->tasks == nullptr) co_return false;
  Task<bool> asked = state_->UpToDate(std::move(shop), std::move(source));
  co_return co_await state_->tasks->Run(std::move(asked), false);
}

Task<absl::StatusOr<std::vector<v1::ConsumerCursor>>> Consumer::ListCursors(
    std::optional<ShopId> shop) {
  if (state_->tasks == nullptr) co_return NotRunning();
  absl::StatusOr<std::vector<v1::ConsumerCursor>> stopped = NotRunning();
  co_return co_await state_->tasks->Run(state_->ListCursors(std::move(shop)), std::move(stopped));
}

Task<absl::StatusOr<v1::RetryDeadLetterResponse>> Consumer::Retry(ShopId shop, std::string source,
                                                                  std::string event) {
  if (state_->tasks == nullptr) co_return NotRunning();
  absl::StatusOr<v1::RetryDeadLetterResponse> stopped = NotRunning();
  co_return co_await state_->tasks->Run(
      state_->dead_letters.Retry(std::move(shop), std::move(source), std::move(event)),
      std::move(stopped));
}

Consumer::State::Entry& Consumer::State::EntryOf(SourceLink& link, const ShopId& shop) {
  const auto found = entries.find({&link, shop});
  if (found != entries.end()) return found->second;
  LogFollower follower(shop, link, options.cursors, [this, shop] { return GoesOn(shop); });
  return entries.emplace(std::pair(&link, shop), std::move(follower)).first->second;
}

void Consumer::State::Hear(std::string_view topic, std::string_view envelope) {
  const auto link = by_topic.find(topic);
  if (link == by_topic.end()) return;
  if (posted.fetch_add(1) >= kMaxNotices) {
    posted.fetch_sub(1);
    return;
  }
  boost::asio::post(tasks->executor(), [this, link = link->second, bytes = std::string(envelope)] {
    posted.fetch_sub(1);
    OnNotice(*link, bytes);
  });
}

void Consumer::State::OnNotice(SourceLink& link, const std::string& bytes) {
  v1::Envelope envelope;
  if (!envelope.ParseFromString(bytes)) return;
  const absl::StatusOr<ShopId> shop = ShopId::Parse(envelope.shop());
  if (!shop.ok() || !GoesOn(*shop)) return;
  Entry& entry = EntryOf(link, *shop);
  switch (entry.follower.Hear(std::move(envelope))) {
    case LogFollower::Hint::kNothing:
      return;
    case LogFollower::Hint::kWork:
      return Enqueue(entry);
    case LogFollower::Hint::kGap:
      if (!entry.waiting_for_gap) tasks->Spawn(AwaitGap(&entry));
      entry.waiting_for_gap = true;
      return;
  }
}

void Consumer::State::OnLease(uint32_t bucket, bool held) {
  log::Debug("lease", {{"consumer", options.service}, {"bucket", bucket}, {"held", held}});
  for (auto& [key, entry] : entries) {
    if (BucketLeases::BucketOf(key.second) != bucket) continue;
    entry.follower.Forget();
    if (held) Enqueue(entry);
  }
  if (!held) return;
  // Buckets are won one after the other: one comparison does for those won together.
  for (const auto& link : links) {
    if (comparing_soon.insert(link.get()).second) tasks->Spawn(CompareSoon(link.get()));
  }
}

void Consumer::State::Enqueue(Entry& entry) {
  if (entry.queued || entry.working || entry.pausing) return;
  if (!GoesOn(entry.follower.shop()) || !entry.follower.HasWork()) return;
  entry.queued = true;
  ready.push_back(&entry);
  Pump();
}

void Consumer::State::Pump() {
  while (workers < kMaxWorkers && !ready.empty()) {
    Entry* const entry = ready.front();
    ready.pop_front();
    entry->queued = false;
    entry->working = true;
    ++workers;
    tasks->Spawn(Work(entry));
  }
}

Task<> Consumer::State::Work(Entry* entry) {
  const Cursor before = entry->follower.at();
  const absl::Status status = co_await entry->follower.Step();
  // Where something was done, the next failure is another one.
  if (entry->follower.at() != before) entry->failures = 0;
  entry->working = false;
  --workers;
  if (!status.ok()) {
    Failed(*entry, status);
  } else {
    entry->failures = 0;
    if (entry->follower.HasGap() && !entry->waiting_for_gap) {
      entry->waiting_for_gap = true;
      tasks->Spawn(AwaitGap(entry));
    }
    Enqueue(*entry);
  }
  Pump();
}

void Consumer::State::Failed(Entry& entry, const absl::Status& status) {
  SourceLink& source = entry.follower.source();
  source.retries.Increment();
  ++entry.failures;
  if (WorthTelling(entry.failures)) {
    log::Warn("a log was not read to its end, will be tried again",
              {{"consumer", options.service},
               {"source", source.name},
               {"shop", entry.follower.shop().str()},
               {"failures", entry.failures},
               {"reason", ErrorReason(status)},
               {"problem", FromAbsl(status.message())}});
  }
  const int64_t longest = std::min(kMaxPauseMs, kMinPauseMs << std::min(entry.failures, 8));
  const int64_t pause = std::uniform_int_distribution<int64_t>(longest / 2, longest)(random);
  entry.pausing = true;
  tasks->Spawn(PauseAfterFailure(&entry, pause));
}

Task<> Consumer::State::PauseAfterFailure(Entry* entry, int64_t ms) {
  const bool goes_on = co_await tasks->Sleep(ms);
  if (!goes_on) co_return;
  entry->pausing = false;
  Enqueue(*entry);
}

Task<> Consumer::State::AwaitGap(Entry* entry) {
  const bool goes_on = co_await tasks->Sleep(kGapMs);
  if (!goes_on) co_return;
  entry->waiting_for_gap = false;
  if (entry->follower.HasGap()) entry->follower.Look();
  Enqueue(*entry);
}

}  // namespace kefu::events
