// What carriers say of a parcel, in the order in which it happened, and the status that follows.
// Pure.
//
// The list is a function of the set of events that were ever merged into it, whatever the order and
// however often, and the status is a function of the list:
//  * Events are told apart by id. Two versions of one id: the later one by its own time stays, the
//    greater one by its content if the times are equal.
//  * At most 200 are kept: the newest 120, besides them the newest 79 that decide (kDecisive) and
//    the newest ordinary one. Each part is the newest of a kind, so what was dropped once would be
//    dropped again, and nothing is dropped that could still move the status as long as no more than
//    79 events decide.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/clock.h"
#include "services/logistics/domain/status.h"

namespace kefu::logistics {

// Members in the order in which events are sorted.
struct TrackingEvent {
  TimePoint time;
  // The source's, or EventId.
  std::string id;
  Status status = Status::kNone;
  std::string substatus;
  std::string text;
  std::string place;
  // As it came: who said it, and the code and time in its own words.
  std::string source;
  std::string raw_code;
  std::string raw_time;
  auto operator<=>(const TrackingEvent&) const = default;
};

// Oldest first.
using TrackingEvents = std::vector<TrackingEvent>;

inline constexpr size_t kMaxEvents = 200;
inline constexpr size_t kNewestKept = 120;
inline constexpr size_t kDecisiveKept = 79;

// The id of an event whose source has none: hex SHA-256 of carrier|number|time|code|text, the time
// in milliseconds since 1970.
std::string EventId(std::string_view carrier, std::string_view tracking_number, TimePoint time,
                    std::string_view code, std::string_view text);

// Whether the list is another one afterwards.
bool Merge(TrackingEvent event, TrackingEvents* events);

// The status after all of `events`: the latest by event time, but
//  * PENDING and EXPIRED hold only as long as no event says anything else;
//  * RETURNED, CANCELLED and LOST stay; DELIVERED moves only to RETURNING, RETURNED or EXCEPTION,
//    and only by a later event (not one of the same moment).
struct Whereabouts {
  Status status = Status::kPending;
  std::string substatus;
  // When the event happened; none without one.
  std::optional<TimePoint> time;
  bool operator==(const Whereabouts&) const = default;
};
Whereabouts Fold(const TrackingEvents& events);
// When the parcel was delivered, whatever became of it afterwards; none if it never was. A function
// of the list, as the status.
std::optional<TimePoint> DeliveredTime(const TrackingEvents& events);

}  // namespace kefu::logistics
