#include "services/logistics/storage/shipment_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "proto/kefu/logistics/v1/events.pb.h"
#include "services/common/base/status.h"
#include "services/logistics/storage/records.h"

namespace kefu::logistics::storage {
namespace {

// Records looked at for one page.
constexpr size_t kMaxLookedAt = 1000;
constexpr size_t kIdBytes = 28;
constexpr char kByTime[] = "by_time";
// Of all members of all lists.
constexpr int64_t kScore = 0;

absl::Status NoSuchShipment() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_SHIPMENT", "There is no such shipment.");
}

redis::AggregateId IdOf(const ShopId& shop, const ShipmentId& id) {
  return {shop, kShipmentType, id.str()};
}

std::string ByOrder(std::string_view order) { return fmt::format("by_order:{}", order); }
std::string ByBuyer(std::string_view buyer) { return fmt::format("by_buyer:{}", buyer); }
std::string ByNumber(std::string_view number) { return fmt::format("by_number:{}", number); }
std::string ByStatus(Status status) { return fmt::format("by_status:{}", NameOf(status)); }

// A place in a list: by time, then id; all scores are 0, so that members stand in order of their
// bytes.
std::string PlaceOf(const Shipment& shipment) {
  return fmt::format("{:013}:{}", shipment.create_time.ms, shipment.id().str());
}

// The lists that a shipment stands in.
std::set<std::string> ListsOf(const Shipment& shipment) {
  std::set<std::string> lists = {kByTime, ByNumber(shipment.tracking_number),
                                 ByStatus(shipment.whereabouts.status)};
  if (!shipment.order.empty()) lists.insert(ByOrder(shipment.order));
  if (!shipment.buyer.empty()) lists.insert(ByBuyer(shipment.buyer));
  return lists;
}

redis::IndexChange InList(redis::IndexChange::Kind kind, const std::string& list,
                          std::string member) {
  return {kind, list, std::move(member), std::to_string(kScore), "", ""};
}

std::vector<redis::IndexChange> IndexChanges(const std::optional<Shipment>& before,
                                             const Shipment& after) {
  using Kind = redis::IndexChange::Kind;
  std::vector<redis::IndexChange> changes;
  const std::string place = PlaceOf(after);
  const std::set<std::string> now = ListsOf(after);
  std::set<std::string> then;
  if (before) then = ListsOf(*before);
  for (const std::string& list : now) {
    if (then.count(list) == 0) changes.push_back(InList(Kind::kSortedAdd, list, place));
  }
  for (const std::string& list : then) {
    if (now.count(list) == 0) changes.push_back(InList(Kind::kSortedRemove, list, place));
  }
  if (!before) changes.push_back(InList(Kind::kSortedAdd, kShipmentsIndex, after.id().str()));
  return changes;
}

redis::NewEvent EventOf(const std::optional<Shipment>& before, const Shipment& after,
                        uint64_t version) {
  v1::ShipmentChanged data;
  *data.mutable_shipment() = ToSummary(after, version);
  if (before)
    data.set_previous_status(static_cast<v1::Shipment::Status>(before->whereabouts.status));
  return {before ? kShipmentChanged : kShipmentCreated, after.id().str(), data.SerializeAsString()};
}

absl::StatusOr<std::optional<Shipment>> StateOf(const redis::Snapshot& snapshot) {
  std::optional<Shipment> shipment;
  if (snapshot.version > 0) {
    KEFU_ASSIGN_OR_RETURN(shipment, DecodeShipment(snapshot.state));
  }
  return shipment;
}

bool Matches(const Filter& filter, const Shipment& shipment) {
  return (filter.order.empty() || filter.order == shipment.order) &&
         (filter.tracking_number.empty() || filter.tracking_number == shipment.tracking_number) &&
         (filter.buyer.empty() || filter.buyer == shipment.buyer) &&
         (filter.status == Status::kNone || filter.status == shipment.whereabouts.status);
}

// The list that promises the fewest to look at.
std::string DrivingList(const Filter& filter) {
  if (!filter.order.empty()) return ByOrder(filter.order);
  if (!filter.tracking_number.empty()) return ByNumber(filter.tracking_number);
  if (!filter.buyer.empty()) return ByBuyer(filter.buyer);
  if (filter.status != Status::kNone) return ByStatus(filter.status);
  return kByTime;
}

}  // namespace

Task<absl::StatusOr<Written>> ShipmentStore::Update(ShopId shop, ShipmentId id,
                                                    redis::Request request, Decide decide,
                                                    std::optional<redis::CursorMove> move) {
  // Shared with the decision, which may run several times: the last run counts.
  const auto written = std::make_shared<Written>();
  redis::Aggregates::Decide change =
      [written, decide = std::move(decide)](
          const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    KEFU_ASSIGN_OR_RETURN(const std::optional<Shipment> before, StateOf(snapshot));
    KEFU_ASSIGN_OR_RETURN(Decision decision, decide(before, snapshot.time));
    *written = {{decision.next, snapshot.version},
                !before && decision.changed,
                decision.changed,
                std::move(decision.outcomes)};
    if (!decision.changed) return redis::Change{.state = snapshot.state, .unchanged = true};
    return redis::Change{.state = Encode(decision.next),
                         .indexes = IndexChanges(before, decision.next),
                         .events = {EventOf(before, decision.next, snapshot.version + 1)}};
  };
  redis::AggregateId aggregate = IdOf(shop, id);
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                           co_await commit_(std::move(aggregate), std::move(request),
                                            std::move(change), std::move(move)));
  if (committed.replayed) {
    Written known;
    KEFU_CO_ASSIGN_OR_RETURN(known.stored.shipment, DecodeShipment(committed.state));
    known.stored.version = committed.version;
    co_return known;
  }
  written->stored.version = committed.version;
  co_return std::move(*written);
}

Task<absl::StatusOr<Written>> ShipmentStore::Register(ShopId shop, redis::Request request,
                                                      logistics::Register command,
                                                      std::optional<redis::CursorMove> move) {
  const ShipmentId id = ShipmentIdOf(command.carrier, command.tracking_number);
  Decide decide = [command = std::move(command)](const std::optional<Shipment>& shipment,
                                                 TimePoint now) {
    return Apply(shipment, command, now);
  };
  return Update(std::move(shop), id, std::move(request), std::move(decide), std::move(move));
}

Task<absl::StatusOr<Written>> ShipmentStore::AddEvents(ShopId shop, redis::Request request,
                                                       logistics::AddEvents command) {
  const ShipmentId id = ShipmentIdOf(command.carrier, command.tracking_number);
  Decide decide = [command = std::move(command)](const std::optional<Shipment>& shipment,
                                                 TimePoint now) -> absl::StatusOr<Decision> {
    return Apply(shipment, command, now);
  };
  return Update(std::move(shop), id, std::move(request), std::move(decide), std::nullopt);
}

Task<absl::StatusOr<StoredShipment>> ShipmentStore::Get(ShopId shop, ShipmentId id) {
  redis::AggregateId aggregate = IdOf(shop, id);
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot,
                           co_await store_.Load(std::move(aggregate)));
  if (snapshot.version == 0) co_return NoSuchShipment();
  StoredShipment stored{.version = snapshot.version};
  KEFU_CO_ASSIGN_OR_RETURN(stored.shipment, DecodeShipment(snapshot.state));
  co_return stored;
}

Task<absl::StatusOr<Page>> ShipmentStore::List(ShopId shop, Filter filter, std::string position,
                                               size_t limit) {
  const std::string list = DrivingList(filter);
  Page page;
  for (size_t looked_at = 0; looked_at < kMaxLookedAt;) {
    const size_t ask = limit - page.shipments.size() + 1;
    std::optional<redis::IndexPlace> after;
    if (!position.empty()) after = redis::IndexPlace{kScore, position};
    KEFU_CO_ASSIGN_OR_RETURN(const std::vector<redis::IndexPlace> places,
                             co_await store_.ReadIndex(shop, list, std::move(after), ask));
    std::vector<std::string> ids;
    for (const auto& [score, place] : places)
      ids.push_back(place.substr(place.size() - std::min(kIdBytes, place.size())));
    if (ids.empty()) co_return page;
    KEFU_CO_ASSIGN_OR_RETURN(const std::vector<redis::Snapshot> snapshots,
                             co_await store_.LoadMany(shop, kShipmentType, ids));
    for (size_t i = 0; i < snapshots.size(); ++i) {
      StoredShipment stored{.version = snapshots[i].version};
      if (stored.version > 0) {
        KEFU_CO_ASSIGN_OR_RETURN(stored.shipment, DecodeShipment(snapshots[i].state));
      }
      if (stored.version > 0 && Matches(filter, stored.shipment)) {
        if (page.shipments.size() == limit) {
          page.next = position;
          co_return page;
        }
        page.shipments.push_back(std::move(stored));
      }
      position = places[i].member;
    }
    looked_at += ids.size();
    if (ids.size() < ask) co_return page;
  }
  page.next = position;
  co_return page;
}

absl::StatusOr<std::vector<redis::NewEvent>> ShowShipment(const std::string&,
                                                          const redis::Snapshot& snapshot) {
  KEFU_ASSIGN_OR_RETURN(const Shipment shipment, DecodeShipment(snapshot.state));
  v1::ShipmentChanged data;
  *data.mutable_shipment() = ToSummary(shipment, snapshot.version);
  return std::vector<redis::NewEvent>{
      {kShipmentChanged, shipment.id().str(), data.SerializeAsString()}};
}

}  // namespace kefu::logistics::storage
