// A shipment and what may happen to it. Pure: state, command and time in, next state out.
//
// It begins with whatever is heard of it first, its registration or a tracking event; both may be
// repeated and come in any order.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/logistics/domain/tracking_events.h"

namespace kefu::logistics {

inline constexpr int64_t kMaxAheadMs = 5 * 60 * 1000;

enum class Direction { kNone = 0, kOutbound, kReturn, kReplacement };

// When it is expected. One of each kind at most; they are never merged.
struct Arrival {
  enum class Kind { kPromised = 1, kCarrier };
  Kind kind = Kind::kPromised;
  std::optional<TimePoint> from;
  std::optional<TimePoint> to;
  bool operator==(const Arrival&) const = default;
};

struct Shipment {
  std::string carrier;
  std::string tracking_number;
  Direction direction = Direction::kOutbound;
  // Follows from `events`.
  Whereabouts whereabouts;
  TrackingEvents events;
  // By kind.
  std::vector<Arrival> arrivals;
  // Empty until somebody says so.
  std::string order;
  std::string order_number;
  std::string buyer;
  std::string parent;
  bool registered = false;
  TimePoint create_time;
  TimePoint update_time;
  bool operator==(const Shipment&) const = default;

  ShipmentId id() const { return ShipmentIdOf(carrier, tracking_number); }
};

// What is empty or absent stays as it is.
struct Register {
  std::string carrier;
  std::string tracking_number;
  Direction direction = Direction::kNone;
  std::string order;
  std::string order_number;
  std::string buyer;
  std::string parent;
  std::vector<Arrival> arrivals;
};

struct AddEvents {
  std::string carrier;
  std::string tracking_number;
  TrackingEvents events;
};

struct Decision {
  Shipment next;
  bool changed = false;
  // AddEvents: what became of each, in their order. OK: kept, or known before.
  struct Outcome {
    absl::Status refused;
    bool added = false;
  };
  std::vector<Outcome> outcomes;
};

// INVALID_ARGUMENT INVALID_FIELD: two arrivals of one kind, an arrival that ends before it begins,
// a shipment that is its own parent.
absl::StatusOr<Decision> Apply(const std::optional<Shipment>& shipment, const Register& command,
                               TimePoint now);
// Refuses single events only: INVALID_ARGUMENT TIME_IN_FUTURE, if it is more than five minutes
// ahead. Without one that is taken, an absent shipment stays absent (`changed` is false).
Decision Apply(const std::optional<Shipment>& shipment, const AddEvents& command, TimePoint now);

}  // namespace kefu::logistics
