#include "services/logistics/domain/shipment.h"

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::logistics {
namespace {

Shipment Begin(std::string carrier, std::string number, TimePoint now) {
  Shipment shipment;
  shipment.carrier = std::move(carrier);
  shipment.tracking_number = std::move(number);
  shipment.create_time = now;
  shipment.update_time = now;
  return shipment;
}

absl::Status CheckArrivals(const std::vector<Arrival>& arrivals) {
  for (size_t i = 0; i < arrivals.size(); ++i) {
    const Arrival& arrival = arrivals[i];
    if (!arrival.from && !arrival.to)
      return InvalidField("arrivals", "An arrival has a time from or a time to.");
    if (arrival.from && arrival.to && *arrival.to < *arrival.from)
      return InvalidField("arrivals", "An arrival ends after it begins.");
    for (size_t j = 0; j < i; ++j) {
      if (arrivals[j].kind == arrival.kind)
        return InvalidField("arrivals", "Send one arrival of each kind.");
    }
  }
  return absl::OkStatus();
}

void SetArrival(const Arrival& arrival, std::vector<Arrival>* arrivals) {
  const auto place = std::find_if(arrivals->begin(), arrivals->end(),
                                  [&](const Arrival& other) { return other.kind >= arrival.kind; });
  if (place != arrivals->end() && place->kind == arrival.kind) {
    *place = arrival;
  } else {
    arrivals->insert(place, arrival);
  }
}

void Overwrite(const std::string& said, std::string* known) {
  if (!said.empty()) *known = said;
}

absl::Status TimeInFuture() {
  return Error(absl::StatusCode::kInvalidArgument, "TIME_IN_FUTURE",
               "The event lies more than five minutes in the future; check its clock and zone.");
}

}  // namespace

absl::StatusOr<Decision> Apply(const std::optional<Shipment>& shipment, const Register& command,
                               TimePoint now) {
  KEFU_RETURN_IF_ERROR(CheckArrivals(command.arrivals));
  if (command.parent == ShipmentIdOf(command.carrier, command.tracking_number).str())
    return InvalidField("parent", "A shipment is not its own parent.");
  const Shipment before =
      shipment ? *shipment : Begin(command.carrier, command.tracking_number, now);
  Decision decision{.next = before};
  Shipment& next = decision.next;
  next.registered = true;
  if (command.direction != Direction::kNone) next.direction = command.direction;
  Overwrite(command.order, &next.order);
  Overwrite(command.order_number, &next.order_number);
  Overwrite(command.buyer, &next.buyer);
  Overwrite(command.parent, &next.parent);
  for (const Arrival& arrival : command.arrivals) SetArrival(arrival, &next.arrivals);
  decision.changed = !shipment || next != before;
  if (decision.changed) next.update_time = now;
  return decision;
}

Decision Apply(const std::optional<Shipment>& shipment, const AddEvents& command, TimePoint now) {
  Decision decision{.next = shipment ? *shipment
                                     : Begin(command.carrier, command.tracking_number, now)};
  Shipment& next = decision.next;
  for (const TrackingEvent& event : command.events) {
    Decision::Outcome& outcome = decision.outcomes.emplace_back();
    if (event.time - now > kMaxAheadMs) {
      outcome.refused = TimeInFuture();
      continue;
    }
    outcome.added = Merge(event, &next.events);
    decision.changed = decision.changed || outcome.added;
  }
  if (!decision.changed) return decision;
  next.whereabouts = Fold(next.events);
  next.update_time = now;
  return decision;
}

}  // namespace kefu::logistics
