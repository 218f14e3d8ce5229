#include "services/orders/storage/order_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "services/common/base/status.h"
#include "services/orders/storage/records.h"

namespace kefu::orders::storage {

namespace {

using domain::Order;
using redis::IndexChange;

constexpr char kType[] = "order";
// How many orders one call looks at when a filter lets few of them through.
constexpr size_t kMaxExamined = 1000;
// Read at a time, so that a page of few does not load many.
constexpr size_t kMinRead = 20;

// Text of any kind as a part of a key.
std::string Token(std::string_view kind, std::string_view text) { return DeriveToken(kind, text); }

std::string NumberIndex(std::string_view number) { return "number:" + Token("number", number); }
std::string PhoneIndex(std::string_view tail) { return "phone:" + std::string(tail); }
std::string TrackingIndex(std::string_view number) {
  return "tracking:" + Token("tracking", number);
}
std::string BuyerIndex(std::string_view buyer) { return "buyer:" + std::string(buyer); }
std::string StateIndex(domain::State state) { return fmt::format("state:{}", Name(state)); }

std::set<std::string> IndexesOf(const Order& order) {
  if (!order.known) return {};
  std::set<std::string> indexes = {kAllOrders, NumberIndex(order.number), StateIndex(order.state)};
  if (!order.buyer.empty()) indexes.insert(BuyerIndex(order.buyer));
  if (order.contact && !order.contact->phone_tail.empty())
    indexes.insert(PhoneIndex(order.contact->phone_tail));
  for (const auto& [shipment, parcel] : order.parcels)
    indexes.insert(TrackingIndex(parcel.tracking_number));
  return indexes;
}

std::vector<IndexChange> IndexChanges(const OrderId& id, const Order& before, const Order& after) {
  const std::set<std::string> old = IndexesOf(before), now = IndexesOf(after);
  const std::string score = std::to_string(after.create_time.ms);
  const bool moved = before.create_time != after.create_time;
  std::vector<IndexChange> changes;
  for (const std::string& index : now) {
    if (moved || old.count(index) == 0)
      changes.push_back({IndexChange::Kind::kSortedAdd, index, id.str(), score, "", ""});
  }
  for (const std::string& index : old) {
    if (now.count(index) == 0)
      changes.push_back({IndexChange::Kind::kSortedRemove, index, id.str(), "", "", ""});
  }
  return changes;
}

std::vector<redis::NewEvent> EventsOf(const OrderId& id, const domain::Decision& decision,
                                      uint64_t version) {
  if (!decision.next.known || !decision.shows) return {};
  const bool created = decision.outcome == domain::Outcome::kCreated;
  return {{created ? "com.kefu.order.created.v1" : "com.kefu.order.changed.v1", id.str(),
           ShowChange(id, decision.next, version, decision.moved)}};
}

bool Writes(domain::Outcome outcome) {
  return outcome == domain::Outcome::kCreated || outcome == domain::Outcome::kUpdated;
}

// The index that holds the fewest of the orders wanted, at a guess. A page that ends early tells
// where: a buyer must not be told of strangers' orders.
std::string BestIndex(const Filter& filter) {
  if (!filter.tracking_number.empty()) return TrackingIndex(filter.tracking_number);
  if (!filter.number.empty()) return NumberIndex(filter.number);
  if (!filter.buyer.empty()) return BuyerIndex(filter.buyer);
  if (!filter.phone_tail.empty()) return PhoneIndex(filter.phone_tail);
  if (filter.state) return StateIndex(*filter.state);
  return kAllOrders;
}

bool HasParcel(const Order& order, const std::string& tracking_number) {
  return std::any_of(order.parcels.begin(), order.parcels.end(), [&](const auto& parcel) {
    return parcel.second.tracking_number == tracking_number;
  });
}

// Also what the best index promises: an order may have changed since it was read.
bool IsWanted(const Filter& filter, const Order& order) {
  const std::string tail = order.contact ? order.contact->phone_tail : "";
  return order.known && (!filter.state || order.state == *filter.state) &&
         (filter.buyer.empty() || order.buyer == filter.buyer) &&
         (filter.number.empty() || order.number == filter.number) &&
         (filter.phone_tail.empty() || tail == filter.phone_tail) &&
         (filter.tracking_number.empty() || HasParcel(order, filter.tracking_number));
}

absl::Status BadPosition() {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_PAGE_TOKEN",
               "Send the next_page_token of the page before, with the same filters.");
}

}  // namespace

OrderStore::OrderStore(redis::Aggregates& store, Commit commit)
    : store_(store), commit_(std::move(commit)) {}

Task<absl::StatusOr<Stored>> OrderStore::Get(ShopId shop, OrderId id) {
  redis::AggregateId aggregate{shop, kType, id.str()};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot now, co_await store_.Load(std::move(aggregate)));
  KEFU_CO_ASSIGN_OR_RETURN(Order order, Decode(now.state));
  co_return Stored{std::move(id), std::move(order), now.version};
}

Task<absl::StatusOr<OrderStore::Updated>> OrderStore::Update(
    ShopId shop, OrderId id, redis::Request request, Decide decide,
    std::optional<redis::CursorMove> move, std::vector<redis::IndexChange> guards) {
  Updated updated{{id, {}, 0}, domain::Outcome::kUnchanged};
  const redis::Aggregates::Decide apply =
      [&](const redis::Snapshot& now) -> absl::StatusOr<redis::Change> {
    KEFU_ASSIGN_OR_RETURN(Order before, Decode(now.state));
    KEFU_ASSIGN_OR_RETURN(domain::Decision decision, decide(before, now.time));
    updated.outcome = decision.outcome;
    redis::Change change;
    change.unchanged = !Writes(decision.outcome);
    if (!change.unchanged) {
      change.state = Encode(id, decision.next);
      change.indexes = IndexChanges(id, before, decision.next);
      change.indexes.insert(change.indexes.end(), guards.begin(), guards.end());
      change.events = EventsOf(id, decision, now.version + 1);
    }
    return change;
  };
  redis::AggregateId aggregate{shop, kType, id.str()};
  const auto committed =
      co_await commit_(std::move(aggregate), std::move(request), apply, std::move(move));
  KEFU_CO_RETURN_IF_ERROR(committed.status());
  if (committed->replayed) updated.outcome = domain::Outcome::kUnchanged;
  KEFU_CO_ASSIGN_OR_RETURN(updated.stored.order, Decode(committed->state));
  updated.stored.version = committed->version;
  co_return updated;
}

Task<absl::StatusOr<std::vector<Stored>>> OrderStore::LoadAll(
    ShopId shop, std::vector<redis::IndexPlace> places) {
  std::vector<std::string> ids;
  for (const redis::IndexPlace& place : places) ids.push_back(place.member);
  KEFU_CO_ASSIGN_OR_RETURN(const auto snapshots, co_await store_.LoadMany(shop, kType, ids));
  std::vector<Stored> found;
  for (size_t i = 0; i < ids.size(); ++i) {
    KEFU_CO_ASSIGN_OR_RETURN(Order order, Decode(snapshots[i].state));
    KEFU_CO_ASSIGN_OR_RETURN(OrderId id, OrderId::Parse(ids[i]));
    found.push_back({std::move(id), std::move(order), snapshots[i].version});
  }
  co_return found;
}

Task<absl::StatusOr<OrderStore::Page>> OrderStore::List(ShopId shop, Filter filter,
                                                        std::string position, size_t size) {
  std::optional<redis::IndexPlace> at;
  if (!position.empty()) {
    const size_t colon = position.find(':');
    int64_t score = 0;
    const auto [end, error] =
        std::from_chars(position.data(), position.data() + std::min(colon, position.size()), score);
    if (colon == std::string::npos || error != std::errc() || end != position.data() + colon)
      co_return BadPosition();
    at = redis::IndexPlace{score, position.substr(colon + 1)};
  }
  Page page;
  for (size_t examined = 0; page.orders.size() < size && examined < kMaxExamined;) {
    const size_t count = std::max(size - page.orders.size(), kMinRead);
    const auto places = co_await store_.ReadIndex(shop, BestIndex(filter), at, count);
    KEFU_CO_RETURN_IF_ERROR(places.status());
    if (places->empty()) co_return page;
    auto loaded = co_await LoadAll(shop, *places);
    KEFU_CO_RETURN_IF_ERROR(loaded.status());
    examined += places->size();
    bool full = false;
    for (size_t i = 0; i < loaded->size() && !full; ++i) {
      at = (*places)[i];
      if (IsWanted(filter, (*loaded)[i].order)) page.orders.push_back(std::move((*loaded)[i]));
      full = page.orders.size() == size && i + 1 < loaded->size();
    }
    if (!full && places->size() < count) co_return page;
  }
  page.position = fmt::format("{}:{}", at->score, at->member);
  co_return page;
}

}  // namespace kefu::orders::storage
