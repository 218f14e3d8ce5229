#include "services/common/events/consumer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/base/task_group.h"
#include "services/common/events/bucket_leases.h"
#include "services/common/events/cursor_reports.h"
#include "services/common/events/dead_letter_retry.h"
#include "services/common/events/log_follower.h"
#include "services/common/events/publisher.h"
#include "services/common/logging/log.h"

namespace kefu::events {
namespace {

using redis::Cursor;
using EventLog = v1::EventLogService::StubInterface::async_interface;

constexpr int kMaxWorkers = 32;
// Notices on their way to the executor; more are dropped and found by the comparison of heads.
constexpr int kMaxNotices = 4096;
// Two processes of a publisher may tell of two events in the wrong order.
constexpr int64_t kGapMs = 20;
constexpr int64_t kSoonMs = 10;
constexpr int64_t kMinPauseMs = 50;
// What holds up one log holds up many, and is over for all at once: nobody waits long after that.
constexpr int64_t kMaxPauseMs = 1000;
constexpr int64_t kMeasureEveryMs = 250;
// How long a comparison says something about the present.
constexpr int64_t kFreshMs = 10'000;

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

// Everything but `posted` and what Holds reads belongs to the executor once started.
struct Consumer::State {
  // One log: who follows it and when it is its turn.
  struct Entry {
    explicit Entry(LogFollower f) : follower(std::move(f)) {}
    LogFollower follower;
    bool queued = false;
    bool working = false;
    bool pausing = false;
    bool waiting_for_gap = false;
    int failures = 0;
    // When its head was last asked for, and told; 0: never.
    int64_t compared_ms = 0;
  };

  State(ConsumerOptions o, metrics::Metrics& m)
      : options(std::move(o)),
        metrics(m),
        leases(options.cursors, [this](uint32_t bucket, bool held) { OnLease(bucket, held); }) {}

  bool GoesOn(const ShopId& shop) const { return !tasks->stopping() && leases.Holds(shop); }
  Entry& EntryOf(SourceLink& link, const ShopId& shop);
  void Hear(std::string_view topic, std::string_view envelope);
  void OnNotice(SourceLink& link, const std::string& bytes);
  void OnLease(uint32_t bucket, bool held);
  void Enqueue(Entry& entry);
  void Pump();
  Task<> Work(Entry* entry);
  void Failed(Entry& entry, const absl::Status& status);
  Task<> PauseAfterFailure(Entry* entry, int64_t ms);
  Task<> AwaitGap(Entry* entry);
  Task<> KeepComparing(SourceLink* link);
  Task<> CompareSoon(SourceLink* link);
  Task<> Compare(SourceLink* link);
  Task<absl::Status> CompareAll(SourceLink* link, int64_t asked_ms);
  void SeeMissing(SourceLink& link, int64_t asked_ms);
  std::vector<std::pair<ShopId, Cursor>> Positions(SourceLink* link) const;
  Task<> KeepMeasuring();
  void Measure(SourceLink& link);
  Task<bool> UpToDate(ShopId shop, std::string source);
  Task<absl::StatusOr<std::vector<v1::ConsumerCursor>>> ListCursors(std::optional<ShopId> shop);
  Task<absl::Status> AddCursors(ShopId shop, std::vector<v1::ConsumerCursor>* cursors);

  ConsumerOptions options;
  metrics::Metrics& metrics;
  std::map<std::string, HandlersByType> handlers;
  DeadLetterRetry dead_letters{options.cursors, handlers};
  BucketLeases leases;
  std::unique_ptr<TaskGroup> tasks;
  std::vector<std::unique_ptr<SourceLink>> links;
  std::vector<std::unique_ptr<CursorReports>> reports;
  std::map<std::string, SourceLink*, std::less<>> by_topic;
  std::unique_ptr<Subscriber> subscriber;
  std::atomic<int> posted{0};
  std::map<std::pair<SourceLink*, ShopId>, Entry> entries;
  std::deque<Entry*> ready;
  int workers = 0;
  std::set<SourceLink*> comparing_soon;
  std::map<SourceLink*, bool> reachable;
  std::minstd_rand random{std::random_device()()};
};

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

Task<> Consumer::State::KeepComparing(SourceLink* link) {
  bool goes_on = true;
  while (goes_on) {
    co_await Compare(link);
    goes_on = co_await tasks->Sleep(options.compare_heads_ms);
  }
}

Task<> Consumer::State::CompareSoon(SourceLink* link) {
  const bool goes_on = co_await tasks->Sleep(kSoonMs);
  comparing_soon.erase(link);
  if (goes_on) co_await Compare(link);
}

Task<> Consumer::State::Compare(SourceLink* link) {
  const int64_t asked_ms = MonotonicMs();
  const absl::Status compared = co_await CompareAll(link, asked_ms);
  if (compared.ok()) SeeMissing(*link, asked_ms);
  const auto [known, first] = reachable.try_emplace(link, true);
  if (known->second == compared.ok()) co_return;
  known->second = compared.ok();
  if (compared.ok()) {
    log::Info("a source answers again", {{"consumer", options.service}, {"source", link->name}});
  } else {
    log::Warn(
        "a source does not answer",
        {{"consumer", options.service}, {"source", link->name}, {"reason", ErrorReason(compared)}});
  }
}

// Shops whose head was told before and is not now: their cell of the publisher's store is away.
void Consumer::State::SeeMissing(SourceLink& link, int64_t asked_ms) {
  std::vector<const ShopId*> missing;
  for (const auto& [key, entry] : entries) {
    if (key.first == &link && entry.compared_ms != 0 && entry.compared_ms < asked_ms)
      missing.push_back(&key.second);
  }
  link.unseen_shops.Set(static_cast<double>(missing.size()));
  const bool told = std::exchange(link.misses_shops, !missing.empty());
  if (told == link.misses_shops) return;
  if (missing.empty()) {
    log::Info("a source tells of all shops again",
              {{"consumer", options.service}, {"source", link.name}});
  } else {
    log::Warn("a source does not tell of some shops: see to its store",
              {{"consumer", options.service},
               {"source", link.name},
               {"shops", static_cast<int64_t>(missing.size())},
               {"first", missing.front()->str()},
               {"last", missing.back()->str()}});
  }
}

Task<absl::Status> Consumer::State::CompareAll(SourceLink* link, int64_t asked_ms) {
  std::string page_token;
  do {
    v1::ListHeadsRequest request;
    request.set_source(link->name);
    request.set_page_token(page_token);
    server::CallScope scope = NewScope("", "");
    absl::StatusOr<v1::ListHeadsResponse> heads = co_await link->channels.Call<v1::EventLogService>(
        &EventLog::ListHeads, std::move(scope), std::move(request));
    if (!heads.ok()) co_return heads.status();
    for (const v1::ListHeadsResponse::Head& head : heads->heads()) {
      const absl::StatusOr<ShopId> shop = ShopId::Parse(head.shop());
      if (!shop.ok()) continue;
      Entry& entry = EntryOf(*link, *shop);
      entry.compared_ms = std::max(entry.compared_ms, asked_ms);
      entry.follower.SeeHead({head.store_epoch(), head.head_seq()});
      Enqueue(entry);
    }
    page_token = heads->next_page_token();
  } while (!page_token.empty() && !tasks->stopping());
  co_return absl::OkStatus();
}

std::vector<std::pair<ShopId, Cursor>> Consumer::State::Positions(SourceLink* link) const {
  std::vector<std::pair<ShopId, Cursor>> positions;
  for (const auto& [key, entry] : entries) {
    const std::optional<Cursor>& cursor = entry.follower.cursor();
    if (key.first == link && cursor && GoesOn(key.second)) {
      positions.emplace_back(key.second, *cursor);
    }
  }
  return positions;
}

Task<> Consumer::State::KeepMeasuring() {
  bool goes_on = true;
  while (goes_on) {
    for (const auto& link : links) Measure(*link);
    goes_on = co_await tasks->Sleep(kMeasureEveryMs);
  }
}

void Consumer::State::Measure(SourceLink& link) {
  const int64_t now = SystemClock().Now().ms;
  uint64_t events = 0;
  int64_t oldest_ms = now;
  for (const auto& [key, entry] : entries) {
    if (key.first != &link || !leases.Holds(key.second)) continue;
    events += entry.follower.lag_events();
    if (const int64_t at = entry.follower.oldest_ms(); at != 0) oldest_ms = std::min(oldest_ms, at);
  }
  link.lag_events.Set(static_cast<double>(events));
  link.lag_seconds.Set(static_cast<double>(now - oldest_ms) / 1000);
}

Task<bool> Consumer::State::UpToDate(ShopId shop, std::string source) {
  for (const auto& link : links) {
    if (link->name != source) continue;
    const auto entry = entries.find({link.get(), shop});
    if (entry == entries.end() || entry->second.compared_ms == 0 ||
        MonotonicMs() - entry->second.compared_ms > kFreshMs) {
      co_return false;
    }
    co_return entry->second.follower.cursor() &&
        *entry->second.follower.cursor() == entry->second.follower.head();
  }
  co_return false;
}

Task<absl::StatusOr<std::vector<v1::ConsumerCursor>>> Consumer::State::ListCursors(
    std::optional<ShopId> shop) {
  std::vector<ShopId> shops;
  if (shop) {
    shops.push_back(*shop);
  } else {
    for (const auto& [key, entry] : entries) shops.push_back(key.second);
    std::sort(shops.begin(), shops.end());
    shops.erase(std::unique(shops.begin(), shops.end()), shops.end());
  }
  std::vector<v1::ConsumerCursor> cursors;
  for (const ShopId& one : shops) KEFU_CO_RETURN_IF_ERROR(co_await AddCursors(one, &cursors));
  co_return cursors;
}

Task<absl::Status> Consumer::State::AddCursors(ShopId shop,
                                               std::vector<v1::ConsumerCursor>* cursors) {
  const auto stored = co_await options.cursors.List(shop);
  if (!stored.ok()) co_return stored.status();
  const auto dead = co_await options.cursors.CountDead(shop);
  if (!dead.ok()) co_return dead.status();
  for (const auto& link : links) {
    const auto entry = entries.find({link.get(), shop});
    const auto cursor = stored->find(link->name);
    if (entry == entries.end() && cursor == stored->end()) continue;
    v1::ConsumerCursor& shown = cursors->emplace_back();
    shown.set_source(link->name);
    shown.set_shop(shop.str());
    if (cursor != stored->end()) {
      shown.set_store_epoch(cursor->second.store_epoch);
      shown.set_seq(cursor->second.seq);
    }
    // What is heard of elsewhere may be older than what this process did itself.
    if (entry != entries.end()) {
      shown.set_head_seq(std::max(entry->second.follower.head().seq, shown.seq()));
    }
    const auto count = dead->find(link->name);
    if (count != dead->end()) shown.set_dead_letters(static_cast<uint32_t>(count->second));
  }
  co_return absl::OkStatus();
}

}  // namespace kefu::events
