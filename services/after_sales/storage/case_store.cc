#include "services/after_sales/storage/case_store.h"

#include <set>
#include <utility>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "services/after_sales/storage/notes.h"
#include "services/after_sales/storage/records.h"
#include "services/common/base/status.h"

namespace kefu::after_sales::storage {
namespace {

using redis::IndexChange;
using Kind = redis::IndexChange::Kind;

constexpr std::string_view kTimerPrefix = "return:";
// A key replaced again and again is a buyer erased again and again.
constexpr int kSealAttempts = 5;
constexpr size_t kBuyerCasesAtOnce = 500;

redis::AggregateId IdOf(const ShopId& shop, const OrderId& order) {
  return {shop, std::string(kOrderType), order.str()};
}

IndexChange Add(std::string_view index, const std::string& member, TimePoint time) {
  return {.kind = Kind::kSortedAdd,
          .index = std::string(index),
          .member = member,
          .value = std::to_string(time.ms)};
}

IndexChange Remove(std::string_view index, const std::string& member) {
  return {.kind = Kind::kSortedRemove, .index = std::string(index), .member = member};
}

std::vector<IndexChange> Indexes(const domain::OrderCases& order, const domain::Case& one,
                                 domain::State previous) {
  const std::string id = order.IdOf(one).str();
  const TimePoint time = one.update_time;
  std::vector<IndexChange> changes = {Add(kCasesIndex, id, time),
                                      Add(StateIndex(one.state), id, time)};
  if (order.cases.size() == 1 && previous == domain::State::kNone)
    changes.push_back(Add(kOrdersIndex, order.order.str(), time));
  if (previous != domain::State::kNone) changes.push_back(Remove(StateIndex(previous), id));
  if (!one.buyer.empty()) changes.push_back(Add(BuyerIndex(one.buyer), id, time));
  changes.push_back(domain::IsLive(one.state) ? Add(kLiveIndex, id, time) : Remove(kLiveIndex, id));
  return changes;
}

redis::NewEvent EventOf(std::string_view type, const domain::OrderCases& order,
                        const domain::Case& one, domain::State previous) {
  v1::CaseChanged event;
  *event.mutable_case_() = WithoutNotes(ToProto(order, one));
  event.set_previous_state(static_cast<v1::Case::State>(previous));
  return {.type = std::string(type),
          .subject = order.IdOf(one).str(),
          .data = event.SerializeAsString()};
}

std::vector<redis::TimerChange> Timers(const CaseId& id, const domain::Case& one,
                                       domain::State previous) {
  const bool had_one = previous == domain::State::kApprovedAwaitingReturn;
  if (!one.deadline && !had_one) return {};
  return {{TimerKey(id), one.deadline}};
}

// Without the state.
redis::Change ToChange(const domain::Decision& decision) {
  const domain::Case& one = *decision.next.Find(decision.changed);
  const bool opened = decision.previous == domain::State::kNone;
  return {.result = decision.changed.str(),
          .indexes = Indexes(decision.next, one, decision.previous),
          .events = {EventOf(opened ? kOpened : kChanged, decision.next, one, decision.previous)},
          .timers = Timers(decision.changed, one, decision.previous)};
}

absl::StatusOr<domain::OrderCases> Read(const OrderId& order, const redis::Snapshot& snapshot) {
  if (snapshot.version == 0) return domain::OrderCases(order);
  return Decode(order, snapshot.state);
}

// The case has moved on.
bool NothingToExpire(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  return reason == "TRANSITION_FORBIDDEN" || reason == "NO_SUCH_CASE";
}

}  // namespace

std::string BuyerIndex(std::string_view buyer) { return std::string("cases:buyer:").append(buyer); }

std::string StateIndex(domain::State state) {
  return std::string("cases:state:").append(domain::Name(state));
}

std::string TimerKey(const CaseId& id) { return std::string(kTimerPrefix) + id.str(); }

std::optional<CaseId> CaseOfTimer(std::string_view key) {
  if (key.substr(0, kTimerPrefix.size()) != kTimerPrefix) return std::nullopt;
  absl::StatusOr<CaseId> id = CaseId::Parse(key.substr(kTimerPrefix.size()));
  if (!id.ok()) return std::nullopt;
  return *std::move(id);
}

events::SnapshotPart Shown() {
  const auto show =
      [](const std::string& id,
         const redis::Snapshot& snapshot) -> absl::StatusOr<std::vector<redis::NewEvent>> {
    KEFU_ASSIGN_OR_RETURN(const OrderId order, OrderId::Parse(id));
    KEFU_ASSIGN_OR_RETURN(const domain::OrderCases cases, Read(order, snapshot));
    std::vector<redis::NewEvent> events;
    for (const domain::Case& one : cases.cases)
      events.push_back(EventOf(kChanged, cases, one, domain::State::kNone));
    return events;
  };
  return {.type = std::string(kOrderType), .index = std::string(kOrdersIndex), .show = show};
}

CaseStore::CaseStore(redis::Aggregates& store, seal::OwnerKeys& keys, Commit commit,
                     domain::Policy policy, metrics::Metrics& metrics)
    : store_(store),
      keys_(keys),
      commit_(std::move(commit)),
      policy_(policy),
      expired_(metrics.AddCounter("kefu_after_sales_expired_total",
                                  "Cases closed because the goods were not sent back in time.")) {
  for (uint8_t state = 1; state < domain::kStates; ++state) {
    const std::string to(domain::Name(static_cast<domain::State>(state)));
    moves_[state] =
        &metrics.AddCounter("kefu_after_sales_moves_total",
                            "Cases opened and moved, by the state moved to.", {{"to", to}});
  }
}

void CaseStore::CountMove(const v1::Case& one) { moves_.at(one.state())->Increment(); }

Task<absl::StatusOr<redis::Committed>> CaseStore::CommitSealed(ShopId shop, OrderId order,
                                                               redis::Request request,
                                                               Planner plan) {
  for (int attempt = 0; attempt < kSealAttempts; ++attempt) {
    NoteSealing sealing(keys_, shop);
    const redis::Aggregates::Decide decide =
        [&](const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
      KEFU_ASSIGN_OR_RETURN(Plan planned, plan(snapshot));
      if (planned.change.unchanged) return std::move(planned.change);
      KEFU_ASSIGN_OR_RETURN(std::vector<IndexChange> guards, sealing.Seal(&planned.next));
      for (IndexChange& guard : guards) planned.change.indexes.push_back(std::move(guard));
      planned.change.state = Encode(planned.next);
      return std::move(planned.change);
    };
    redis::AggregateId id = IdOf(shop, order);
    auto committed = co_await commit_(std::move(id), request, decide);
    if (committed.ok()) co_return committed;
    KEFU_CO_ASSIGN_OR_RETURN(const bool again, co_await sealing.Recover(committed.status()));
    if (!again) co_return committed;
  }
  co_return Error(absl::StatusCode::kAborted, "KEY_CHANGED",
                  "The buyer is being erased; repeat the request if it is still wanted.");
}

Task<absl::StatusOr<v1::Case>> CaseStore::Update(ShopId shop, OrderId order, redis::Request request,
                                                 Decider decide) {
  Planner plan = [decide = std::move(decide),
                  order](const redis::Snapshot& snapshot) -> absl::StatusOr<Plan> {
    KEFU_ASSIGN_OR_RETURN(const domain::OrderCases cases, Read(order, snapshot));
    KEFU_ASSIGN_OR_RETURN(domain::Decision decision, decide(cases, snapshot.time));
    redis::Change change = ToChange(decision);
    return Plan{std::move(decision.next), std::move(change)};
  };
  KEFU_CO_ASSIGN_OR_RETURN(redis::Committed committed,
                           co_await CommitSealed(shop, order, std::move(request), std::move(plan)));
  const bool replayed = committed.replayed;
  KEFU_CO_ASSIGN_OR_RETURN(
      v1::Case one, co_await ResultOf(std::move(shop), std::move(order), std::move(committed)));
  if (!replayed) CountMove(one);
  co_return one;
}

Task<absl::StatusOr<v1::Case>> CaseStore::ResultOf(ShopId shop, OrderId order,
                                                   redis::Committed committed) {
  KEFU_CO_ASSIGN_OR_RETURN(domain::OrderCases cases, Decode(order, committed.state));
  KEFU_CO_ASSIGN_OR_RETURN(const CaseId id, CaseId::Parse(committed.result));
  std::vector<domain::OrderCases*> whole = {&cases};
  KEFU_CO_RETURN_IF_ERROR(co_await OpenNotes(keys_, std::move(shop), std::move(whole)));
  const domain::Case* one = cases.Find(id);
  if (one == nullptr) co_return domain::NoSuchCase();
  co_return ToProto(cases, *one);
}

Task<absl::StatusOr<std::optional<v1::Case>>> CaseStore::FindOpened(ShopId shop, OrderId order,
                                                                    redis::Request request) {
  redis::AggregateId id = IdOf(shop, order);
  KEFU_CO_ASSIGN_OR_RETURN(const auto committed,
                           co_await store_.FindReplay(std::move(id), std::move(request)));
  std::optional<v1::Case> found;
  if (committed) {
    KEFU_CO_ASSIGN_OR_RETURN(found,
                             co_await ResultOf(std::move(shop), std::move(order), *committed));
  }
  co_return found;
}

Task<absl::StatusOr<v1::Case>> CaseStore::Open(ShopId shop, OrderId order, redis::Request request,
                                               domain::Open open, domain::Actor actor,
                                               std::string note) {
  Decider decide = [open = std::move(open), actor = std::move(actor), note = std::move(note)](
                       const domain::OrderCases& cases, TimePoint now) {
    return domain::Apply(cases, open, actor, note, now);
  };
  co_return co_await Update(std::move(shop), std::move(order), std::move(request),
                            std::move(decide));
}

Task<absl::StatusOr<v1::Case>> CaseStore::Do(ShopId shop, redis::Request request,
                                             domain::Command command) {
  OrderId order = command.target.order();
  Decider decide = [command = std::move(command), policy = policy_](const domain::OrderCases& cases,
                                                                    TimePoint now) {
    return domain::Apply(cases, command, policy, now);
  };
  co_return co_await Update(std::move(shop), std::move(order), std::move(request),
                            std::move(decide));
}

Task<absl::Status> CaseStore::Expire(ShopId shop, CaseId id) {
  domain::Command command{.target = id,
                          .actor = {domain::Role::kSystem, "system"},
                          .note = "the goods were not sent back in time",
                          .action = domain::Expire{}};
  // Repeating it is harmless, so nobody needs to remember it.
  redis::Request repeatable;
  const absl::StatusOr<v1::Case> closed =
      co_await Do(std::move(shop), std::move(repeatable), std::move(command));
  if (closed.ok()) expired_.Increment();
  if (closed.ok() || NothingToExpire(closed.status())) co_return absl::OkStatus();
  if (ErrorReason(closed.status()) == "NOT_DUE") {
    co_return Error(absl::StatusCode::kUnavailable, "NOT_DUE",
                    "The deadline is later; the timer comes again.");
  }
  co_return closed.status();
}

Task<absl::StatusOr<v1::Case>> CaseStore::Get(ShopId shop, CaseId id, domain::Actor actor) {
  const OrderId order = id.order();
  redis::AggregateId aggregate = IdOf(shop, order);
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot,
                           co_await store_.Load(std::move(aggregate)));
  KEFU_CO_ASSIGN_OR_RETURN(domain::OrderCases cases, Read(order, snapshot));
  const domain::Case* one = cases.Find(id);
  if (one == nullptr || !domain::MaySee(actor, *one)) co_return domain::NoSuchCase();
  std::vector<domain::OrderCases*> whole = {&cases};
  KEFU_CO_RETURN_IF_ERROR(co_await OpenNotes(keys_, std::move(shop), std::move(whole)));
  co_return ToProto(cases, *one);
}

// What an earlier release left in clear is sealed first, with the key that goes then: after that
// nothing of it is left, whoever writes meanwhile.
Task<absl::Status> CaseStore::EraseBuyer(ShopId shop, std::string buyer, redis::Request request) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::vector<OrderId> orders, co_await OrdersOf(shop, buyer));
  for (const OrderId& order : orders) KEFU_CO_RETURN_IF_ERROR(co_await SealClearNotes(shop, order));
  co_return co_await keys_.Erase(std::move(shop), std::move(buyer), std::move(request));
}

Task<absl::Status> CaseStore::SealClearNotes(ShopId shop, OrderId order) {
  Planner plan = [order](const redis::Snapshot& snapshot) -> absl::StatusOr<Plan> {
    KEFU_ASSIGN_OR_RETURN(domain::OrderCases cases, Read(order, snapshot));
    redis::Change change;
    change.unchanged = OwnersOfClearNotes(cases).empty();
    return Plan{std::move(cases), std::move(change)};
  };
  redis::Request repeatable;
  const auto committed = co_await CommitSealed(std::move(shop), std::move(order),
                                               std::move(repeatable), std::move(plan));
  co_return committed.status();
}

// A case that moves to the front meanwhile may be missed: its notes were sealed as it moved.
Task<absl::StatusOr<std::vector<OrderId>>> CaseStore::OrdersOf(ShopId shop, std::string buyer) {
  std::set<OrderId> orders;
  std::optional<redis::IndexPlace> last;
  size_t found = kBuyerCasesAtOnce;
  while (found == kBuyerCasesAtOnce) {
    KEFU_CO_ASSIGN_OR_RETURN(
        const std::vector<redis::IndexPlace> places,
        co_await store_.ReadIndex(shop, BuyerIndex(buyer), last, kBuyerCasesAtOnce));
    for (const redis::IndexPlace& place : places) {
      KEFU_CO_ASSIGN_OR_RETURN(const CaseId id, CaseId::Parse(place.member));
      orders.insert(id.order());
    }
    found = places.size();
    if (found > 0) last = places.back();
  }
  co_return std::vector<OrderId>(orders.begin(), orders.end());
}

}  // namespace kefu::after_sales::storage
