#include "services/logistics/storage/records.h"

#include <algorithm>
#include <utility>

#include "proto/kefu/logistics/v1/record.pb.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"
#include "services/common/base/timestamp.h"

namespace kefu::logistics::storage {
namespace {

constexpr uint32_t kVersion = 1;

// The numbers of the messages' enums are the domain's.
static_assert(static_cast<int>(Status::kDelivered) == v1::Shipment::STATUS_DELIVERED);
static_assert(static_cast<int>(Status::kExpired) == v1::Shipment::STATUS_EXPIRED);
static_assert(v1::Shipment::Status_ARRAYSIZE == kStatuses);
static_assert(static_cast<int>(Direction::kReplacement) == v1::Shipment::DIRECTION_REPLACEMENT);
static_assert(static_cast<int>(Arrival::Kind::kCarrier) == v1::Arrival::KIND_CARRIER);

template <class Record>
absl::StatusOr<Record> Parse(std::string_view bytes) {
  return ParseRecord<Record>(bytes, kVersion);
}

v1::Shipment::Status ToMessage(Status status) { return static_cast<v1::Shipment::Status>(status); }

// A status of a later release is none that this one can say.
Status FromMessage(v1::Shipment::Status status) {
  const bool known = static_cast<int>(status) > 0 && static_cast<int>(status) < kStatuses;
  return known ? static_cast<Status>(status) : Status::kNone;
}

void Put(const TrackingEvent& event, v1::TrackingEvent* message) {
  message->set_event(event.id);
  *message->mutable_time() = ToTimestamp(event.time);
  message->set_status(ToMessage(event.status));
  message->set_substatus(event.substatus);
  message->set_text(event.text);
  message->set_place(event.place);
  message->set_source(event.source);
  message->set_raw_code(event.raw_code);
  message->set_raw_time(event.raw_time);
}

TrackingEvent Get(const v1::TrackingEvent& message) {
  return {.time = FromTimestamp(message.time()),
          .id = message.event(),
          .status = FromMessage(message.status()),
          .substatus = message.substatus(),
          .text = message.text(),
          .place = message.place(),
          .source = message.source(),
          .raw_code = message.raw_code(),
          .raw_time = message.raw_time()};
}

void Put(const Arrival& arrival, v1::Arrival* message) {
  message->set_kind(static_cast<v1::Arrival::Kind>(arrival.kind));
  if (arrival.from) *message->mutable_from_time() = ToTimestamp(*arrival.from);
  if (arrival.to) *message->mutable_to_time() = ToTimestamp(*arrival.to);
}

Arrival Get(const v1::Arrival& message) {
  Arrival arrival{.kind = static_cast<Arrival::Kind>(message.kind())};
  if (message.has_from_time()) arrival.from = FromTimestamp(message.from_time());
  if (message.has_to_time()) arrival.to = FromTimestamp(message.to_time());
  return arrival;
}

// All but the events.
v1::Shipment WithoutEvents(const Shipment& shipment) {
  v1::Shipment message;
  message.set_shipment(shipment.id().str());
  message.set_carrier(shipment.carrier);
  message.set_tracking_number(shipment.tracking_number);
  message.set_direction(static_cast<v1::Shipment::Direction>(shipment.direction));
  message.set_status(ToMessage(shipment.whereabouts.status));
  message.set_substatus(shipment.whereabouts.substatus);
  if (shipment.whereabouts.time)
    *message.mutable_status_time() = ToTimestamp(*shipment.whereabouts.time);
  if (const auto delivered = DeliveredTime(shipment.events))
    *message.mutable_delivered_time() = ToTimestamp(*delivered);
  for (const Arrival& arrival : shipment.arrivals) Put(arrival, message.add_arrivals());
  message.set_order(shipment.order);
  message.set_order_number(shipment.order_number);
  message.set_buyer(shipment.buyer);
  message.set_parent(shipment.parent);
  *message.mutable_create_time() = ToTimestamp(shipment.create_time);
  *message.mutable_update_time() = ToTimestamp(shipment.update_time);
  return message;
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(TimePoint time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(time.ms / 1000);
  timestamp.set_nanos(static_cast<int32_t>(time.ms % 1000) * 1'000'000);
  return timestamp;
}

TimePoint FromTimestamp(const google::protobuf::Timestamp& time) { return ToTimePoint(time); }

v1::Shipment ToMessage(const Shipment& shipment, uint64_t version) {
  v1::Shipment message = WithoutEvents(shipment);
  for (auto event = shipment.events.rbegin(); event != shipment.events.rend(); ++event)
    Put(*event, message.add_events());
  message.set_etag(std::to_string(version));
  return message;
}

v1::Shipment ToSummary(const Shipment& shipment, uint64_t version) {
  v1::Shipment message = WithoutEvents(shipment);
  if (!shipment.events.empty()) Put(shipment.events.back(), message.add_events());
  message.set_etag(std::to_string(version));
  return message;
}

std::string Encode(const Shipment& shipment) {
  v1::ShipmentRecord record;
  record.set_record_version(kVersion);
  *record.mutable_shipment() = ToMessage(shipment, 0);
  record.mutable_shipment()->clear_etag();
  record.set_registered(shipment.registered);
  return record.SerializeAsString();
}

absl::StatusOr<Shipment> DecodeShipment(std::string_view bytes) {
  KEFU_ASSIGN_OR_RETURN(const v1::ShipmentRecord record, Parse<v1::ShipmentRecord>(bytes));
  const v1::Shipment& message = record.shipment();
  Shipment shipment;
  shipment.carrier = message.carrier();
  shipment.tracking_number = message.tracking_number();
  shipment.direction = static_cast<Direction>(message.direction());
  shipment.whereabouts = {FromMessage(message.status()), message.substatus(), std::nullopt};
  if (message.has_status_time()) shipment.whereabouts.time = FromTimestamp(message.status_time());
  for (const v1::TrackingEvent& event : message.events()) shipment.events.push_back(Get(event));
  std::reverse(shipment.events.begin(), shipment.events.end());
  for (const v1::Arrival& arrival : message.arrivals()) shipment.arrivals.push_back(Get(arrival));
  shipment.order = message.order();
  shipment.order_number = message.order_number();
  shipment.buyer = message.buyer();
  shipment.parent = message.parent();
  shipment.registered = record.registered();
  shipment.create_time = FromTimestamp(message.create_time());
  shipment.update_time = FromTimestamp(message.update_time());
  return shipment;
}

std::string Encode(const PushState& push) {
  v1::PushRecord record;
  record.set_record_version(kVersion);
  record.set_source(push.source);
  record.set_webhook(push.webhook);
  record.set_body(push.body);
  record.set_receive_time_ms(push.received.ms);
  record.set_processed(push.processed);
  record.set_problem(push.problem);
  return record.SerializeAsString();
}

absl::StatusOr<PushState> DecodePush(std::string_view bytes) {
  KEFU_ASSIGN_OR_RETURN(v1::PushRecord record, Parse<v1::PushRecord>(bytes));
  return PushState{.source = record.source(),
                   .webhook = record.webhook(),
                   .body = std::move(*record.mutable_body()),
                   .received = {record.receive_time_ms()},
                   .processed = record.processed(),
                   .problem = record.problem()};
}

}  // namespace kefu::logistics::storage
