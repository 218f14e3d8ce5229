// Events for tests, named by when they happened.
#pragma once

#include <string>
#include <utility>

#include "services/logistics/domain/shipment.h"

namespace kefu::logistics::test {

// 2025-03-04 00:00 UTC.
inline constexpr TimePoint kDay{1741046400000};

inline TrackingEvent Event(int64_t minute, Status status, std::string id = "",
                           std::string text = "") {
  TrackingEvent event;
  event.time = kDay + minute * 60'000;
  event.id = id.empty() ? "e" + std::to_string(minute) : std::move(id);
  event.status = status;
  event.text = std::move(text);
  return event;
}

inline TrackingEvents Merged(const TrackingEvents& events) {
  TrackingEvents merged;
  for (const TrackingEvent& event : events) Merge(event, &merged);
  return merged;
}

}  // namespace kefu::logistics::test
