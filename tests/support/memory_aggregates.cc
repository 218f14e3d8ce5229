#include "tests/support/memory_aggregates.h"

#include <algorithm>

#include "services/common/base/status.h"

namespace kefu::test {

using events::v1::Envelope;
using redis::AggregateId;
using redis::Change;
using redis::Committed;
using redis::CursorMove;
using redis::IndexChange;
using redis::IndexPlace;
using redis::Request;
using redis::Snapshot;

namespace {

constexpr int kAttempts = 8;
constexpr size_t kRequests = 16, kSystemEvents = 10'000;

std::string ValueOf(const IndexChange& change, uint64_t version) {
  return change.value == IndexChange::kVersion ? std::to_string(version) : change.value;
}

void Apply(const IndexChange& change, uint64_t version, MemoryAggregates::Index* index) {
  using Kind = IndexChange::Kind;
  switch (change.kind) {
    case Kind::kHashSet:
    case Kind::kHashSetNew:
    case Kind::kSortedAdd:
      (*index)[change.member] = ValueOf(change, version);
      return;
    case Kind::kSetAdd:
      (*index)[change.member] = "";
      return;
    case Kind::kHashDelete:
    case Kind::kSetRemove:
    case Kind::kSortedRemove:
      index->erase(change.member);
      return;
  }
}

}  // namespace

const MemoryAggregates::Scope* MemoryAggregates::Find(const std::optional<ShopId>& shop) const {
  const auto found = scopes_.find(shop);
  return found == scopes_.end() ? nullptr : &found->second;
}

const MemoryAggregates::Record* MemoryAggregates::Find(const AggregateId& id) const {
  const Scope* const scope = Find(id.shop);
  if (!scope) return nullptr;
  const auto found = scope->records.find({id.type, id.id});
  return found == scope->records.end() ? nullptr : &found->second;
}

TimePoint MemoryAggregates::Now(const std::optional<ShopId>& shop) const {
  const Scope* const scope = Find(shop);
  const TimePoint now = clock_.Now();
  return scope && now < scope->last ? scope->last : now;
}

Snapshot MemoryAggregates::Read(const AggregateId& id) const {
  Snapshot snapshot{.time = Now(id.shop)};
  if (const Record* const record = Find(id)) {
    snapshot.version = record->version;
    snapshot.state = record->state;
  }
  return snapshot;
}

absl::StatusOr<std::optional<Committed>> MemoryAggregates::Replayed(const AggregateId& id,
                                                                    const Request& request) const {
  const Record* const record = Find(id);
  if (!record || request.id.empty()) return std::nullopt;
  const Remembered* seen = nullptr;
  if (record->created_by && record->created_by->id == request.id) seen = &*record->created_by;
  for (const Remembered& changed : record->changed_by) {
    if (!seen && changed.id == request.id) seen = &changed;
  }
  if (!seen) return std::nullopt;
  if (seen->payload_hash != request.payload_hash) {
    return Error(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                 "The request id was used for another request; take a new one.");
  }
  return Committed{
      .version = record->version, .state = record->state, .result = seen->result, .replayed = true};
}

Task<absl::StatusOr<Snapshot>> MemoryAggregates::Load(AggregateId id) {
  absl::MutexLock lock(&mutex_);
  co_return Read(id);
}

Task<absl::StatusOr<std::vector<Snapshot>>> MemoryAggregates::LoadMany(
    std::optional<ShopId> shop, std::string type, std::vector<std::string> ids) {
  absl::MutexLock lock(&mutex_);
  std::vector<Snapshot> snapshots;
  for (std::string& id : ids) snapshots.push_back(Read({shop, type, std::move(id)}));
  co_return snapshots;
}

Task<absl::StatusOr<std::optional<Committed>>> MemoryAggregates::FindReplay(AggregateId id,
                                                                            Request request) {
  absl::MutexLock lock(&mutex_);
  co_return Replayed(id, request);
}

Task<absl::StatusOr<Committed>> MemoryAggregates::Update(AggregateId id, Request request,
                                                         Decide decide,
                                                         std::optional<CursorMove> move) {
  absl::Status conflict;
  for (int tried = 0; tried < kAttempts; ++tried) {
    Snapshot before;
    std::optional<Committed> replayed;
    {
      absl::MutexLock lock(&mutex_);
      KEFU_CO_ASSIGN_OR_RETURN(replayed, Replayed(id, request));
      before = Read(id);
    }
    if (replayed) {
      KEFU_CO_RETURN_IF_ERROR(Move(id, move));
      co_return *std::move(replayed);
    }
    // Without the lock: a test's decision may commit something itself.
    KEFU_CO_ASSIGN_OR_RETURN(Change change, decide(before));
    absl::StatusOr<Committed> committed =
        Commit({id, request, std::move(before), std::move(change), move});
    if (committed.ok() || ErrorReason(committed.status()) != "VERSION_CONFLICT")
      co_return committed;
    conflict = committed.status();
  }
  co_return conflict;
}

absl::Status MemoryAggregates::Move(const AggregateId& id, const std::optional<CursorMove>& move) {
  if (!move) return absl::OkStatus();
  if (!id.shop) return absl::InternalError("there are no cursors without a shop");
  return cursors_.AdvanceNow(*id.shop, move->source, move->expected, move->next);
}

absl::StatusOr<Committed> MemoryAggregates::Commit(Attempt attempt) {
  const Change& change = attempt.change;
  if (change.unchanged &&
      !(change.indexes.empty() && change.events.empty() && change.timers.empty())) {
    return absl::InternalError("a change that is `unchanged` writes something");
  }
  const bool remembers = !attempt.request.id.empty() && attempt.before.version > 0;
  if (change.unchanged && !attempt.move && !remembers) {
    return Committed{.version = attempt.before.version,
                     .state = std::move(attempt.before.state),
                     .result = change.result};
  }
  absl::MutexLock lock(&mutex_);
  if (attempt.move) {
    // A moved cursor is the first thing that refuses: does it stand where it is expected?
    CursorMove stay = *attempt.move;
    stay.next = stay.expected;
    KEFU_RETURN_IF_ERROR(Move(attempt.id, stay));
  }
  KEFU_ASSIGN_OR_RETURN(std::optional<Committed> replayed, Replayed(attempt.id, attempt.request));
  if (!replayed) KEFU_RETURN_IF_ERROR(CheckWrites(attempt));
  // The last check of all, since it moves.
  KEFU_RETURN_IF_ERROR(Move(attempt.id, attempt.move));
  if (replayed) return *std::move(replayed);
  return Write(std::move(attempt));
}

absl::Status MemoryAggregates::CheckWrites(const Attempt& attempt) const {
  const uint64_t version = Read(attempt.id).version;
  if (version != attempt.before.version) {
    return Error(absl::StatusCode::kAborted, "VERSION_CONFLICT",
                 "It was changed meanwhile; read it again, then decide.",
                 {{"version", std::to_string(version)}});
  }
  const Scope* const scope = Find(attempt.id.shop);
  for (const IndexChange& change : attempt.change.indexes) {
    if (!scope || change.kind != IndexChange::Kind::kHashSetNew) continue;
    const auto index = scope->indexes.find(change.index);
    if (index == scope->indexes.end()) continue;
    const auto taken = index->second.find(change.member);
    if (taken != index->second.end() && taken->second != ValueOf(change, version + 1))
      return Error(absl::StatusCode::kAlreadyExists, change.taken_reason, change.taken_message);
  }
  return absl::OkStatus();
}

Committed MemoryAggregates::Write(Attempt attempt) {
  const auto& [id, request, before, change, move] = attempt;
  Committed committed{.version = before.version, .state = before.state, .result = change.result};
  // What does not exist and stays so remembers nothing.
  if (change.unchanged && before.version == 0) return committed;
  const TimePoint now = Now(id.shop);
  Scope& scope = scopes_[id.shop];
  Record& record = scope.records[{id.type, id.id}];
  if (!request.id.empty()) {
    Remembered remembered{request.id, request.payload_hash, change.result};
    if (before.version == 0) {
      record.created_by = std::move(remembered);
    } else {
      record.changed_by.push_back(std::move(remembered));
      if (record.changed_by.size() > kRequests) record.changed_by.pop_front();
    }
  }
  if (change.unchanged) return committed;
  if (id.shop) listed_.insert(id.shop->str());
  scope.last = now;
  record.state = committed.state = change.state;
  record.version = ++committed.version;
  for (const IndexChange& index : change.indexes)
    Apply(index, record.version, &scope.indexes[index.index]);
  for (const redis::TimerChange& timer : change.timers) {
    scope.timers.erase(timer.key);
    if (timer.due) scope.timers[timer.key] = *timer.due;
  }
  committed.events = Append(attempt, now, &scope);
  return committed;
}

std::vector<Envelope> MemoryAggregates::Append(const Attempt& attempt, TimePoint now,
                                               Scope* scope) {
  std::vector<Envelope> envelopes;
  for (const redis::NewEvent& event : attempt.change.events) {
    Envelope& envelope = envelopes.emplace_back();
    envelope.set_id(NewToken());
    envelope.set_source(service_);
    envelope.set_type(event.type);
    envelope.set_subject(event.subject);
    envelope.mutable_time()->set_seconds(now.ms / 1000);
    envelope.mutable_time()->set_nanos(static_cast<int32_t>(now.ms % 1000) * 1'000'000);
    if (attempt.id.shop) envelope.set_shop(attempt.id.shop->str());
    envelope.set_seq(++scope->head);
    envelope.set_store_epoch(scope->epoch);
    envelope.set_record_version(event.record_version);
    envelope.set_traceparent(attempt.request.traceparent);
    envelope.set_data(event.data);
    scope->log.push_back(envelope);
    if (!attempt.id.shop && scope->log.size() > kSystemEvents) scope->log.pop_front();
  }
  return envelopes;
}

Task<absl::StatusOr<std::vector<IndexPlace>>> MemoryAggregates::ReadIndex(
    std::optional<ShopId> shop, std::string index, std::optional<IndexPlace> after, size_t count) {
  std::vector<IndexPlace> places;
  for (const auto& [member, score] : IndexOf(shop, index)) {
    IndexPlace place{std::stoll(score), member};
    if (!after || Before(*after, place)) places.push_back(std::move(place));
  }
  std::sort(places.begin(), places.end(),
            [](const IndexPlace& a, const IndexPlace& b) { return Before(a, b); });
  places.resize(std::min(places.size(), count));
  co_return places;
}

Task<absl::Status> MemoryAggregates::Remove(AggregateId id, std::string index) {
  absl::MutexLock lock(&mutex_);
  const auto scope = scopes_.find(id.shop);
  if (scope == scopes_.end()) co_return absl::OkStatus();
  scope->second.records.erase({id.type, id.id});
  const auto listed = scope->second.indexes.find(index);
  if (listed != scope->second.indexes.end()) listed->second.erase(id.id);
  co_return absl::OkStatus();
}

void MemoryAggregates::Overwrite(const AggregateId& id, std::string state) {
  absl::MutexLock lock(&mutex_);
  scopes_[id.shop].records[{id.type, id.id}].state = std::move(state);
}

Task<absl::StatusOr<std::vector<ShopId>>> MemoryAggregates::ListShops(std::string after,
                                                                      size_t limit,
                                                                      std::string index) {
  std::set<std::string> names;
  {
    absl::MutexLock lock(&mutex_);
    names = listed_;
  }
  if (!index.empty()) {
    names.clear();
    for (const auto& [name, score] : IndexOf(std::nullopt, index)) names.insert(name);
  }
  std::vector<ShopId> shops;
  for (auto name = names.upper_bound(after); name != names.end(); ++name) {
    if (limit > 0 && shops.size() == limit) break;
    KEFU_CO_ASSIGN_OR_RETURN(ShopId shop, ShopId::Parse(*name));
    shops.push_back(std::move(shop));
  }
  co_return shops;
}

MemoryAggregates::Index MemoryAggregates::IndexOf(const std::optional<ShopId>& shop,
                                                  const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  const Scope* const scope = Find(shop);
  if (!scope) return {};
  const auto found = scope->indexes.find(name);
  return found == scope->indexes.end() ? Index() : found->second;
}

std::vector<Envelope> MemoryAggregates::Log(const std::optional<ShopId>& shop) const {
  absl::MutexLock lock(&mutex_);
  const Scope* const scope = Find(shop);
  if (!scope) return {};
  return {scope->log.begin(), scope->log.end()};
}

std::map<std::string, TimePoint> MemoryAggregates::Due(const std::optional<ShopId>& shop) const {
  absl::MutexLock lock(&mutex_);
  std::map<std::string, TimePoint> due;
  const Scope* const scope = Find(shop);
  if (!scope) return due;
  const TimePoint now = Now(shop);
  for (const auto& [key, time] : scope->timers) {
    if (time <= now) due[key] = time;
  }
  return due;
}

void MemoryAggregates::SetEpoch(const ShopId& shop, uint64_t epoch) {
  absl::MutexLock lock(&mutex_);
  scopes_[shop].epoch = epoch;
}

bool MemoryAggregates::empty() const {
  absl::MutexLock lock(&mutex_);
  return scopes_.empty() && listed_.empty();
}

}  // namespace kefu::test
