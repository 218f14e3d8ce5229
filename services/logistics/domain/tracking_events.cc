#include "services/logistics/domain/tracking_events.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kefu::logistics {
namespace {

// Drops what is beyond the bounds; see the header.
void Compact(TrackingEvents* events) {
  size_t decisive = 0, ordinary = 0, at = 0;
  std::vector<bool> kept(events->size());
  for (size_t i = events->size(); i-- > 0; ++at) {
    const Weight weight = WeightOf((*events)[i].status);
    bool keep = at < kNewestKept;
    if (weight == Weight::kDecisive && at >= kNewestKept) keep = decisive++ < kDecisiveKept;
    if (weight == Weight::kOrdinary) keep = ordinary++ == 0 || keep;
    kept[i] = keep;
  }
  size_t to = 0;
  for (size_t i = 0; i < events->size(); ++i) {
    if (!kept[i]) continue;
    if (to != i) (*events)[to] = std::move((*events)[i]);
    ++to;
  }
  events->resize(to);
}

bool LeadsAwayFromDelivered(Status status) {
  return status == Status::kReturning || status == Status::kReturned ||
         status == Status::kException;
}

// Whether an event of `next` at `time` replaces what is known.
bool Replaces(const Whereabouts& known, Status next, TimePoint time) {
  switch (WeightOf(next)) {
    case Weight::kNote:
      return false;
    case Weight::kWeak:
      return WeightOf(known.status) == Weight::kWeak;
    case Weight::kOrdinary:
      return !IsTerminal(known.status);
    case Weight::kDecisive:
      if (known.status != Status::kDelivered) return !IsTerminal(known.status);
      return LeadsAwayFromDelivered(next) && *known.time < time;
  }
  return false;
}

}  // namespace

std::string EventId(std::string_view carrier, std::string_view tracking_number, TimePoint time,
                    std::string_view code, std::string_view text) {
  const std::string when = std::to_string(time.ms);
  std::string all;
  for (const std::string_view part : {carrier, tracking_number, std::string_view(when), code}) {
    all.append(part).append("|");
  }
  all.append(text);
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(all.data()), all.size());
  std::string hex(2 * hash.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  hex.pop_back();  // the NUL that libsodium writes
  return hex;
}

bool Merge(TrackingEvent event, TrackingEvents* events) {
  const auto same = std::find_if(events->begin(), events->end(),
                                 [&event](const auto& other) { return other.id == event.id; });
  const bool replaces = same != events->end();
  if (replaces) {
    if (event <= *same) return false;
    events->erase(same);
  }
  const std::string id = event.id;
  const auto place = std::upper_bound(events->begin(), events->end(), event);
  events->insert(place, std::move(event));
  if (events->size() <= kNewestKept) return true;
  Compact(events);
  if (replaces) return true;
  return std::any_of(events->begin(), events->end(),
                     [&id](const auto& other) { return other.id == id; });
}

Whereabouts Fold(const TrackingEvents& events) {
  Whereabouts known;
  for (const TrackingEvent& event : events) {
    if (!Replaces(known, event.status, event.time)) continue;
    known = {event.status, event.substatus, event.time};
  }
  return known;
}

std::optional<TimePoint> DeliveredTime(const TrackingEvents& events) {
  Whereabouts known;
  for (const TrackingEvent& event : events) {
    if (!Replaces(known, event.status, event.time)) continue;
    if (event.status == Status::kDelivered) return event.time;
    known = {event.status, event.substatus, event.time};
  }
  return std::nullopt;
}

}  // namespace kefu::logistics
