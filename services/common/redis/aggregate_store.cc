#include "services/common/redis/aggregate_store.h"

#include <sodium.h>

#include <algorithm>
#include <map>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/status.h"

namespace kefu::redis {
namespace {

constexpr int kAttempts = 8;
// Those who race for one aggregate step apart: a random time below this after the first race lost,
// below twice as much after each further one.
constexpr uint32_t kPauseMs = 2;
constexpr char kShopsIndex[] = "log_shops";
constexpr int64_t kListedForMs = 600'000;
// Of the outbox that belongs to no shop, which nobody reads behind a cursor.
constexpr char kSystemEvents[] = "10000";

std::string_view Word(IndexChange::Kind kind) {
  switch (kind) {
    case IndexChange::Kind::kHashSet:
      return "HSET";
    case IndexChange::Kind::kHashSetNew:
      return "HNEW";
    case IndexChange::Kind::kHashDelete:
      return "HDEL";
    case IndexChange::Kind::kSetAdd:
      return "SADD";
    case IndexChange::Kind::kSetRemove:
      return "SREM";
    case IndexChange::Kind::kSortedAdd:
      return "ZADD";
    case IndexChange::Kind::kSortedRemove:
      return "ZREM";
  }
  return "";
}

// Envelopes as far as they are known before the commit: it gives them seq, time and epoch.
std::vector<events::v1::Envelope> Envelopes(const std::string& service, const AggregateId& id,
                                            const Request& request,
                                            const std::vector<NewEvent>& events) {
  std::vector<events::v1::Envelope> envelopes;
  for (const NewEvent& event : events) {
    events::v1::Envelope& envelope = envelopes.emplace_back();
    envelope.set_id(NewToken());
    envelope.set_source(service);
    envelope.set_type(event.type);
    envelope.set_subject(event.subject);
    if (id.shop) envelope.set_shop(id.shop->str());
    envelope.set_record_version(event.record_version);
    envelope.set_traceparent(request.traceparent);
    envelope.set_data(event.data);
  }
  return envelopes;
}

void Complete(std::vector<events::v1::Envelope>* envelopes, int64_t time_ms, uint64_t epoch,
              uint64_t seq) {
  for (events::v1::Envelope& envelope : *envelopes) {
    envelope.mutable_time()->set_seconds(time_ms / 1000);
    envelope.mutable_time()->set_nanos(static_cast<int32_t>(time_ms % 1000) * 1'000'000);
    envelope.set_store_epoch(epoch);
    envelope.set_seq(seq++);
  }
}

}  // namespace

struct AggregateStore::Loaded {
  Snapshot snapshot;
  std::optional<std::string> replayed_result;
};

AggregateStore::AggregateStore(ShardMap& shards, std::string service, const Clock* test_clock)
    : shards_(shards), service_(std::move(service)), test_clock_(test_clock) {}

std::string AggregateStore::Key(const std::optional<ShopId>& shop, std::string_view name) const {
  std::string key = "kf:" + service_ + ":{" + (shop ? shop->str() : "sys") + "}:";
  return key.append(name);
}

Client& AggregateStore::ClientOf(const std::optional<ShopId>& shop) {
  return shop ? shards_.Of(*shop) : shards_.System();
}

std::string AggregateStore::TestNow() const {
  return test_clock_ ? std::to_string(test_clock_->Now().ms) : std::string();
}

Task<absl::StatusOr<AggregateStore::Loaded>> AggregateStore::LoadFor(AggregateId id,
                                                                     Request request) {
  FunctionCall call{.function = service_ + "_load_v1",
                    .keys = {Key(id.shop, id.type + ":" + id.id), Key(id.shop, "meta")},
                    .arguments = {request.id, request.payload_hash},
                    .now_ms = TestNow()};
  KEFU_CO_ASSIGN_OR_RETURN(Value::Array reply,
                           co_await CallFunction(ClientOf(id.shop), std::move(call)));
  if (reply.size() < 5) co_return absl::InternalError("load answered too little");
  Loaded loaded;
  loaded.snapshot.time = {reply[0].Int()};
  loaded.snapshot.version = static_cast<uint64_t>(reply[1].Int());
  loaded.snapshot.state = reply[2].str();
  if (reply[3].str() == "1") loaded.replayed_result = reply[4].str();
  co_return loaded;
}

Task<absl::StatusOr<Snapshot>> AggregateStore::Load(AggregateId id) {
  Request nobody;
  KEFU_CO_ASSIGN_OR_RETURN(Loaded loaded, co_await LoadFor(std::move(id), std::move(nobody)));
  co_return std::move(loaded.snapshot);
}

Task<absl::StatusOr<std::vector<Snapshot>>> AggregateStore::LoadMany(std::optional<ShopId> shop,
                                                                     std::string type,
                                                                     std::vector<std::string> ids) {
  FunctionCall call{
      .function = service_ + "_load_many_v1", .keys = {Key(shop, "meta")}, .now_ms = TestNow()};
  for (const std::string& id : ids) call.keys.push_back(Key(shop, type + ":" + id));
  KEFU_CO_ASSIGN_OR_RETURN(Value::Array reply,
                           co_await CallFunction(ClientOf(shop), std::move(call)));
  if (reply.size() != 1 + 2 * ids.size())
    co_return absl::InternalError("load_many answered another number of records");
  std::vector<Snapshot> snapshots(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    snapshots[i].time = {reply[0].Int()};
    snapshots[i].version = static_cast<uint64_t>(reply[1 + 2 * i].Int());
    snapshots[i].state = reply[2 + 2 * i].str();
  }
  co_return snapshots;
}

Task<absl::StatusOr<std::optional<Committed>>> AggregateStore::FindReplay(AggregateId id,
                                                                          Request request) {
  KEFU_CO_ASSIGN_OR_RETURN(Loaded loaded, co_await LoadFor(std::move(id), std::move(request)));
  std::optional<Committed> found;
  if (loaded.replayed_result) {
    found = Committed{.version = loaded.snapshot.version,
                      .state = std::move(loaded.snapshot.state),
                      .result = std::move(*loaded.replayed_result),
                      .replayed = true};
  }
  co_return found;
}

// One try at a commit: what was read, and what was decided on it.
struct AggregateStore::Attempt {
  AggregateId id;
  Request request;
  Snapshot before;
  Change change;
  std::optional<CursorMove> move;
};

FunctionCall AggregateStore::CommitCall(const Attempt& attempt,
                                        const std::vector<events::v1::Envelope>& envelopes) const {
  const auto& [id, request, before, change, move] = attempt;
  FunctionCall call{.function = service_ + "_commit_v2", .now_ms = TestNow()};
  for (const std::string& name :
       {id.type + ":" + id.id, std::string("meta"), std::string("outbox"), std::string("cursors"),
        std::string("due"), std::string("dueset")}) {
    call.keys.push_back(Key(id.shop, name));
  }
  call.arguments = {std::to_string(before.version),
                    change.state,
                    request.id,
                    request.payload_hash,
                    change.result,
                    id.shop ? "" : kSystemEvents,
                    change.unchanged ? "1" : "",
                    move ? move->source : "",
                    move ? ToText(move->expected) : "",
                    move ? ToText(move->next) : "",
                    std::to_string(change.timers.size())};
  for (const TimerChange& timer : change.timers) {
    call.arguments.push_back(timer.key);
    call.arguments.push_back(timer.due ? std::to_string(timer.due->ms) : "");
  }
  call.arguments.push_back(std::to_string(change.indexes.size()));
  std::map<std::string, size_t> numbers;
  for (const IndexChange& index : change.indexes) {
    const auto [place, is_new] = numbers.emplace(index.index, numbers.size() + 1);
    if (is_new) call.keys.push_back(Key(id.shop, index.index));
    for (std::string argument :
         {std::string(Word(index.kind)), std::to_string(place->second), index.member, index.value,
          index.taken_reason, index.taken_message}) {
      call.arguments.push_back(std::move(argument));
    }
  }
  for (const events::v1::Envelope& envelope : envelopes)
    call.arguments.push_back(envelope.SerializeAsString());
  return call;
}

Task<absl::StatusOr<std::vector<IndexPlace>>> AggregateStore::ReadIndex(
    std::optional<ShopId> shop, std::string index, std::optional<IndexPlace> after, size_t count) {
  FunctionCall call{.function = service_ + "_page_v1",
                    .keys = {Key(shop, index)},
                    .arguments = {after ? std::to_string(after->score) : "",
                                  after ? after->member : "", std::to_string(count)},
                    .now_ms = TestNow()};
  KEFU_CO_ASSIGN_OR_RETURN(const Value::Array reply,
                           co_await CallFunction(ClientOf(shop), std::move(call)));
  std::vector<IndexPlace> places;
  for (size_t i = 0; i + 1 < reply.size(); i += 2)
    places.push_back({reply[i + 1].Int(), reply[i].str()});
  co_return places;
}

// Out of the index first: whoever finds it there and not itself would wonder.
Task<absl::Status> AggregateStore::Remove(AggregateId id, std::string index) {
  Client& client = ClientOf(id.shop);
  Command unlist = {"ZREM", Key(id.shop, index), id.id};
  KEFU_CO_RETURN_IF_ERROR(co_await client.Call(std::move(unlist)));
  Command drop = {"DEL", Key(id.shop, id.type + ":" + id.id)};
  KEFU_CO_RETURN_IF_ERROR(co_await client.Call(std::move(drop)));
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::vector<ShopId>>> AggregateStore::ListShops(std::string after, size_t limit,
                                                                    std::string index) {
  Command command = {"ZRANGEBYLEX", Key(std::nullopt, index.empty() ? kShopsIndex : index),
                     after.empty() ? "-" : "(" + after, "+"};
  if (limit > 0) command.insert(command.end(), {"LIMIT", "0", std::to_string(limit)});
  KEFU_CO_ASSIGN_OR_RETURN(const Value reply, co_await shards_.System().Call(std::move(command)));
  std::vector<ShopId> shops;
  for (const Value& name : reply.array()) {
    KEFU_CO_ASSIGN_OR_RETURN(ShopId shop, ShopId::Parse(name.str()));
    shops.push_back(std::move(shop));
  }
  co_return shops;
}

Task<absl::Status> AggregateStore::RegisterShop(ShopId shop) {
  {
    absl::MutexLock lock(&mutex_);
    const auto known = listed_.find(shop);
    if (known != listed_.end() && MonotonicMs() < known->second) co_return absl::OkStatus();
  }
  Command command = {"ZADD", Key(std::nullopt, kShopsIndex), "0", shop.str()};
  KEFU_CO_RETURN_IF_ERROR(co_await shards_.System().Call(std::move(command)));
  absl::MutexLock lock(&mutex_);
  listed_[shop] = MonotonicMs() + kListedForMs;
  co_return absl::OkStatus();
}

Task<absl::StatusOr<Committed>> AggregateStore::Replay(AggregateId id, Loaded loaded,
                                                       std::optional<CursorMove> move) {
  if (move) {
    FunctionCall call{.function = service_ + "_cursor_advance_v1",
                      .keys = {Key(id.shop, "cursors")},
                      .arguments = {move->source, ToText(move->expected), ToText(move->next)},
                      .now_ms = TestNow()};
    KEFU_CO_RETURN_IF_ERROR(co_await CallFunction(ClientOf(id.shop), std::move(call)));
  }
  co_return Committed{.version = loaded.snapshot.version,
                      .state = std::move(loaded.snapshot.state),
                      .result = std::move(*loaded.replayed_result),
                      .replayed = true};
}

Task<absl::StatusOr<Committed>> AggregateStore::Commit(Attempt attempt) {
  const Change& change = attempt.change;
  if (change.unchanged &&
      !(change.indexes.empty() && change.events.empty() && change.timers.empty())) {
    co_return absl::InternalError("a change that is `unchanged` writes something");
  }
  // Not when there is nothing to write at all.
  const bool remembers = !attempt.request.id.empty() && attempt.before.version > 0;
  if (change.unchanged && !attempt.move && !remembers) {
    co_return Committed{.version = attempt.before.version,
                        .state = std::move(attempt.before.state),
                        .result = change.result};
  }
  if (attempt.id.shop && !change.unchanged)
    KEFU_CO_RETURN_IF_ERROR(co_await RegisterShop(*attempt.id.shop));

  std::vector<events::v1::Envelope> envelopes =
      Envelopes(service_, attempt.id, attempt.request, change.events);
  FunctionCall call = CommitCall(attempt, envelopes);
  KEFU_CO_ASSIGN_OR_RETURN(const Value::Array reply,
                           co_await CallFunction(ClientOf(attempt.id.shop), std::move(call)));
  if (reply.size() < 6) co_return absl::InternalError("commit answered too little");
  Committed committed{.version = static_cast<uint64_t>(reply[0].Int()),
                      .result = reply[2].str(),
                      .replayed = reply[1].str() == "1"};
  if (committed.replayed) {
    // Another attempt of the same request came first, perhaps with another decision: show what is
    // stored.
    KEFU_CO_ASSIGN_OR_RETURN(Snapshot stored, co_await Load(attempt.id));
    committed.version = stored.version;
    committed.state = std::move(stored.state);
    co_return committed;
  }
  committed.state =
      change.unchanged ? std::move(attempt.before.state) : std::move(attempt.change.state);
  Complete(&envelopes, reply[3].Int(), static_cast<uint64_t>(reply[4].Int()),
           static_cast<uint64_t>(reply[5].Int()));
  committed.events = std::move(envelopes);
  co_return committed;
}

Task<absl::StatusOr<Committed>> AggregateStore::Update(AggregateId id, Request request,
                                                       Decide decide,
                                                       std::optional<CursorMove> move) {
  absl::Status conflict;
  for (int tried = 0; tried < kAttempts; ++tried) {
    KEFU_CO_ASSIGN_OR_RETURN(Loaded loaded, co_await LoadFor(id, request));
    if (loaded.replayed_result) co_return co_await Replay(id, std::move(loaded), move);
    KEFU_CO_ASSIGN_OR_RETURN(Change change, decide(loaded.snapshot));
    Attempt attempt{id, request, std::move(loaded.snapshot), std::move(change), move};
    absl::StatusOr<Committed> committed = co_await Commit(std::move(attempt));
    if (committed.ok() || ErrorReason(committed.status()) != "VERSION_CONFLICT")
      co_return committed;
    conflict = committed.status();
    if (tried + 1 < kAttempts) co_await SleepMs(randombytes_uniform(kPauseMs << tried));
  }
  co_return conflict;
}

}  // namespace kefu::redis
