// Where a parcel can be, in kefu's own words. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kefu::logistics {

enum class Status {
  // An event that says nothing of it: a note, or a code that no table knows.
  kNone = 0,
  kPending,
  kInfoReceived,
  kPickedUp,
  kInTransit,
  kOutForDelivery,
  kAvailableForPickup,
  kAttemptFailed,
  kDelivered,
  kException,
  kReturning,
  kReturned,
  kCancelled,
  kLost,
  kExpired
};

inline constexpr int kStatuses = static_cast<int>(Status::kExpired) + 1;

// "IN_TRANSIT"; "NONE".
std::string_view NameOf(Status status);
// None for a name that is not one of these; "NONE" is not.
std::optional<Status> StatusNamed(std::string_view name);

// What an event can do to the status of a shipment.
enum class Weight {
  // Nothing: a note.
  kNote,
  // PENDING, EXPIRED: that nothing is known. Never replaces what somebody knew.
  kWeak,
  // Replaces the status before, unless that is final.
  kOrdinary,
  // The ends, and what leads away from DELIVERED: such an event decides what later ones may do.
  kDecisive
};
Weight WeightOf(Status status);

// DELIVERED, RETURNED, CANCELLED, LOST.
bool IsTerminal(Status status);

// What an event does to the status of a shipment.
struct Meaning {
  Status status = Status::kNone;
  // e.g. "CUSTOMS"; empty if none.
  std::string substatus;
  bool operator==(const Meaning&) const = default;
};

}  // namespace kefu::logistics
