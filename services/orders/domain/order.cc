#include "services/orders/domain/order.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/common/base/status.h"

namespace kefu::orders::domain {
namespace {

constexpr int64_t kFutureMs = 5 * 60 * 1000;
// Those that logistics alone knows of are not bounded by a version's own limit.
constexpr size_t kMaxParcels = 100;

absl::Status CheckTime(std::string_view field, TimePoint time, TimePoint now) {
  if (time <= now + kFutureMs) return absl::OkStatus();
  return InvalidField(field, "must be at most five minutes in the future");
}

template <class Axis>
absl::Status CheckMove(std::string_view axis, Axis from, Axis to) {
  if (MayMove(from, to)) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "TRANSITION_FORBIDDEN",
               fmt::format("An order whose {0} is {1} does not become {2}; state the order as it "
                           "is, or send the axis as it was.",
                           axis, Name(from), Name(to)),
               {{"axis", std::string(axis)},
                {"from", std::string(Name(from))},
                {"to", std::string(Name(to))}});
}

// Brings the derived axes in line with what they are derived from. A completed order stays so: its
// table knows no way back.
void DeriveAxes(bool was_completed, Order* order) {
  std::vector<Carriage> parcels;
  for (const auto& [shipment, parcel] : order->parcels) {
    parcels.push_back(parcel.delivered ? Carriage::kDelivered : CarriageOf(parcel.status));
  }
  order->fulfilment = Derive(order->source_fulfilment, parcels);
  std::vector<std::string_view> cases;
  for (const auto& [id, one] : order->cases) cases.push_back(one.state);
  order->aftersale = Derive(cases);
  const bool free = order->known && order->totals.total.minor_units == 0;
  order->state = Derive(order->source_state, order->fulfilment, order->payment, free);
  if (was_completed && order->source_state == State::kCompleted) order->state = State::kCompleted;
}

std::vector<std::string> MovedBetween(const Order& before, const Order& after) {
  std::vector<std::string> moved;
  // The axes of a new order are where they begin.
  if (before.known) {
    if (before.state != after.state) moved.emplace_back("state");
    if (before.payment != after.payment) moved.emplace_back("payment");
    if (before.fulfilment != after.fulfilment) moved.emplace_back("fulfilment");
    if (before.aftersale != after.aftersale) moved.emplace_back("aftersale");
  }
  const bool added =
      std::any_of(after.parcels.begin(), after.parcels.end(),
                  [&](const auto& parcel) { return before.parcels.count(parcel.first) == 0; });
  if (added) moved.emplace_back("parcels");
  return moved;
}

Decision Decide(Outcome outcome, const Order& before, Order after) {
  const bool was_completed = before.known && before.state == State::kCompleted;
  DeriveAxes(was_completed, &after);
  Decision decision{outcome, std::move(after), {}, true};
  decision.moved = MovedBetween(before, decision.next);
  return decision;
}

// The parcels that the version names, and those that logistics alone knows of.
std::map<std::string, Parcel> Merge(std::map<std::string, Parcel> parcels,
                                    const std::vector<ParcelName>& named) {
  for (auto& [shipment, parcel] : parcels) parcel.of_source = false;
  for (const ParcelName& name : named) {
    Parcel& parcel = parcels[name.shipment];
    parcel.carrier = name.carrier;
    parcel.tracking_number = name.tracking_number;
    parcel.of_source = true;
  }
  std::erase_if(parcels, [](const auto& parcel) {
    return !parcel.second.of_source && parcel.second.seen == Seen{};
  });
  return parcels;
}

// A repetition of the version that is here; a contact that was erased meanwhile is not missed.
bool IsSameVersion(const Order& order, const Upsert& upsert) {
  if (order.input_hash != upsert.input_hash) return false;
  if (order.contact_erased) return true;
  if (order.contact.has_value() != upsert.contact.has_value()) return false;
  // Hashes under different keys tell nothing.
  return !order.contact || order.contact->key != upsert.contact->key ||
         order.contact->hash == upsert.contact->hash;
}

absl::Status ReusedVersion(const Upsert& upsert) {
  return Error(absl::StatusCode::kAlreadyExists, "SOURCE_VERSION_REUSED",
               fmt::format("Version {} of the order was sent before with other content; let the "
                           "version rise with every change.",
                           upsert.source_version),
               {{"source_version", std::to_string(upsert.source_version)}});
}

// What the axes become, before anything is derived. `closed` is decided by what was shipped so far.
struct Axes {
  State state;
  Payment payment;
  Fulfilment fulfilment;
};

Axes AxesAfter(const Order& order, const Said& said) {
  Axes axes{said.state.value_or(order.source_state), said.payment.value_or(order.payment),
            Advance(order.source_fulfilment, said.fulfilment.value_or(order.source_fulfilment))};
  if (said.closed) {
    Order closed = order;
    closed.source_fulfilment = axes.fulfilment;
    DeriveAxes(false, &closed);
    const bool shipped =
        closed.fulfilment == Fulfilment::kShipped || closed.fulfilment == Fulfilment::kDelivered;
    axes.state = shipped ? State::kCompleted : State::kCancelled;
  }
  return axes;
}

// The first version may say anything; a later one only what the tables reach from what is shown.
absl::StatusOr<Axes> CheckedAxes(const Order& order, const Said& said) {
  const Axes axes = AxesAfter(order, said);
  if (!order.known) return axes;
  KEFU_RETURN_IF_ERROR(CheckMove("state", order.state, axes.state));
  KEFU_RETURN_IF_ERROR(CheckMove("payment", order.payment, axes.payment));
  return axes;
}

}  // namespace

absl::StatusOr<Decision> Apply(const Order& order, const Upsert& upsert, TimePoint now) {
  KEFU_RETURN_IF_ERROR(CheckTime("create_time", upsert.create_time, now));
  KEFU_RETURN_IF_ERROR(CheckTime("update_time", upsert.update_time, now));
  if (order.known && upsert.source_version < order.source_version)
    return Decision{Outcome::kStale, order, {}};
  if (order.known && upsert.source_version == order.source_version) {
    if (!IsSameVersion(order, upsert)) return ReusedVersion(upsert);
    return Decision{Outcome::kUnchanged, order, {}};
  }
  KEFU_ASSIGN_OR_RETURN(const Axes axes, CheckedAxes(order, upsert.said));
  Order next = order;
  next.known = true;
  next.source = upsert.source;
  next.number = upsert.number;
  next.buyer = upsert.buyer;
  next.source_state = axes.state;
  next.payment = axes.payment;
  next.source_fulfilment = axes.fulfilment;
  next.lines = upsert.lines;
  next.totals = upsert.totals;
  next.contact = upsert.contact;
  next.contact_erased = false;
  next.parcels = Merge(std::move(next.parcels), upsert.parcels);
  next.create_time = upsert.create_time;
  next.update_time = upsert.update_time;
  next.source_version = upsert.source_version;
  next.source_status = upsert.source_status;
  next.input_hash = upsert.input_hash;
  return Decide(order.known ? Outcome::kUpdated : Outcome::kCreated, order, std::move(next));
}

Decision Apply(const Order& order, const ReportParcel& report) {
  const auto found = order.parcels.find(report.shipment);
  if (found != order.parcels.end() && report.seen.IsOldTo(found->second.seen))
    return {Outcome::kUnchanged, order, {}};
  const bool is_new = found == order.parcels.end();
  if (is_new && order.parcels.size() >= kMaxParcels) return {Outcome::kUnchanged, order, {}};
  const bool shows = is_new || found->second.status != report.status;
  Order next = order;
  Parcel& parcel = next.parcels[report.shipment];
  parcel.carrier = report.carrier;
  parcel.tracking_number = report.tracking_number;
  parcel.status = report.status;
  parcel.delivered = report.delivered;
  parcel.seen = report.seen;
  Decision decision = Decide(Outcome::kUpdated, order, std::move(next));
  decision.shows = shows || !decision.moved.empty();
  return decision;
}

Decision Apply(const Order& order, const ReportCase& report) {
  const auto found = order.cases.find(report.id);
  if (found != order.cases.end() && report.seen.IsOldTo(found->second.seen))
    return {Outcome::kUnchanged, order, {}};
  Order next = order;
  next.cases[report.id] = {report.kind, report.state, report.seen};
  return Decide(Outcome::kUpdated, order, std::move(next));
}

Decision Apply(const Order& order, const EraseContact& erase) {
  if (!order.contact || order.contact->key == erase.key) return {Outcome::kUnchanged, order, {}};
  Order next = order;
  next.contact.reset();
  next.contact_erased = true;
  return {Outcome::kUpdated, std::move(next), {}, true};
}

}  // namespace kefu::orders::domain
