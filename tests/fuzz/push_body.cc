// Bodies of what carriers' aggregators push, as far as the shipment that is made of them.
#include <google/protobuf/util/json_util.h>

#include <string>

#include "services/common/base/parcel.h"
#include "services/common/base/text.h"
#include "services/common/config/reader.h"
#include "services/logistics/domain/fields.h"
#include "services/logistics/domain/push.h"
#include "services/logistics/status_file.h"
#include "services/logistics/storage/records.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {
namespace {

using logistics::Push;
using logistics::TrackingEvent;

constexpr TimePoint kReceived{1'741'047'153'000};
// The end of the year 9999: no later time can be shown.
constexpr TimePoint kLast{253'402'300'799'999};

const logistics::StatusTable& Table() {
  static const auto* const table = new logistics::StatusTable(
      logistics::ParseStatusFile(
          config::ReadFile(KEFU_SOURCE_DIR "/deploy/config/shipment_statuses.yaml").value())
          .value());
  return *table;
}

void CheckEvent(const TrackingEvent& event) {
  Expect(event.time >= TimePoint{0} && event.time <= kLast, "times are of 1970 to 9999");
  Expect(IsCleanUtf8(event.text) && event.text.size() <= logistics::kMaxText, "texts are tidy");
  Expect(IsCleanUtf8(event.place) && event.place.size() <= logistics::kMaxPlace, "places are tidy");
  Expect(IsCleanUtf8(event.raw_code) && event.raw_code.size() <= logistics::kMaxCode,
         "codes are tidy");
}

logistics::Shipment ShipmentOf(const Push& push) {
  logistics::Shipment shipment{.carrier = push.carrier, .tracking_number = push.tracking_number};
  for (const TrackingEvent& event : push.events) logistics::Merge(event, &shipment.events);
  shipment.whereabouts = logistics::Fold(shipment.events);
  return shipment;
}

}  // namespace

void Try(std::string_view input) {
  const auto [aftership, body] = Choose(input, 2);
  const auto push =
      logistics::ReadPush(Table(), aftership == 1 ? "aftership" : "kuaidi100", body, kReceived);
  if (!push.ok() || push->carrier.empty()) return;
  const auto number = NormalTrackingNumber("tracking_number", push->tracking_number);
  Expect(number.ok() && *number == push->tracking_number, "the tracking number is a normal one");
  for (const TrackingEvent& event : push->events) CheckEvent(event);

  logistics::Shipment shipment = ShipmentOf(*push);
  Expect(shipment.events.size() <= logistics::kMaxEvents, "a shipment keeps no more than it may");
  std::string json;
  Expect(
      google::protobuf::util::MessageToJsonString(logistics::storage::ToMessage(shipment, 1), &json)
          .ok(),
      "a shipment can be shown");
  const auto stored = logistics::storage::DecodeShipment(logistics::storage::Encode(shipment));
  Expect(stored.ok() && *stored == shipment, "a shipment comes back from the store");
  for (const TrackingEvent& event : push->events)
    Expect(!logistics::Merge(event, &shipment.events), "the same push again changes nothing");
}

}  // namespace kefu::fuzz
