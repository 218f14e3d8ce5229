#include "services/logistics/rpc/conversion.h"

#include <utility>

#include "services/common/base/page_token.h"
#include "services/common/base/parcel.h"
#include "services/common/base/status.h"
#include "services/common/base/text.h"
#include "services/logistics/domain/fields.h"
#include "services/logistics/storage/records.h"

namespace kefu::logistics::rpc {
namespace {

// The last moment that a Timestamp may name: the end of 9999.
constexpr int64_t kLastSecond = 253402300799;

absl::StatusOr<TimePoint> ToTime(std::string_view field, const google::protobuf::Timestamp& time) {
  if (time.seconds() < 0 || time.seconds() > kLastSecond || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    return InvalidField(field, "Send a time between 1970 and 9999.");
  }
  return storage::FromTimestamp(time);
}

// Empty is allowed.
template <class Id>
absl::Status CheckId(std::string_view field, const std::string& text) {
  if (text.empty() || Id::Parse(text).ok()) return absl::OkStatus();
  return InvalidField(field, "This is not an id of that kind.");
}

absl::StatusOr<Arrival> ToArrival(const v1::Arrival& input) {
  Arrival arrival;
  switch (input.kind()) {
    case v1::Arrival::KIND_PROMISED:
      arrival.kind = Arrival::Kind::kPromised;
      break;
    case v1::Arrival::KIND_CARRIER:
      arrival.kind = Arrival::Kind::kCarrier;
      break;
    default:
      return InvalidField("arrivals.kind", "Say who expects it.");
  }
  if (input.has_from_time()) {
    KEFU_ASSIGN_OR_RETURN(arrival.from, ToTime("arrivals.from_time", input.from_time()));
  }
  if (input.has_to_time()) {
    KEFU_ASSIGN_OR_RETURN(arrival.to, ToTime("arrivals.to_time", input.to_time()));
  }
  return arrival;
}

absl::Status CheckTexts(const v1::TrackingEventInput& input) {
  KEFU_RETURN_IF_ERROR(CheckText("event", input.event(), kMaxEventId));
  KEFU_RETURN_IF_ERROR(CheckSubstatus("substatus", input.substatus()));
  KEFU_RETURN_IF_ERROR(CheckText("raw_code", input.raw_code(), kMaxCode));
  KEFU_RETURN_IF_ERROR(CheckText("text", input.text(), kMaxText));
  KEFU_RETURN_IF_ERROR(CheckText("place", input.place(), kMaxPlace));
  if (!input.source().empty()) KEFU_RETURN_IF_ERROR(CheckCarrier("source", input.source()));
  return absl::OkStatus();
}

// What the input says, in its own words or in those of its source.
absl::StatusOr<Meaning> MeaningOf(const StatusTable& table, const v1::TrackingEventInput& input,
                                  bool* unknown_code) {
  if (input.status() != v1::Shipment::STATUS_UNSPECIFIED) {
    if (!v1::Shipment::Status_IsValid(input.status()))
      return InvalidField("status", "There is no such status.");
    return Meaning{static_cast<Status>(input.status()), input.substatus()};
  }
  if (input.source().empty() || input.raw_code().empty())
    return InvalidField("status", "Say a status, or a source and its code.");
  if (!table.HasSource(input.source())) {
    return Error(absl::StatusCode::kInvalidArgument, "UNKNOWN_SOURCE",
                 "There is no table of that source's codes; send the status itself.");
  }
  const std::optional<Meaning> meaning = table.Find(input.source(), input.raw_code());
  *unknown_code = !meaning;
  return meaning.value_or(Meaning{});
}

}  // namespace

absl::StatusOr<Register> ToCommand(const v1::ShipmentInput& input) {
  Register command;
  KEFU_RETURN_IF_ERROR(CheckCarrier("carrier", input.carrier()));
  command.carrier = input.carrier();
  KEFU_ASSIGN_OR_RETURN(command.tracking_number,
                        NormalTrackingNumber("tracking_number", input.tracking_number()));
  if (!v1::Shipment::Direction_IsValid(input.direction()))
    return InvalidField("direction", "There is no such direction.");
  command.direction = static_cast<Direction>(input.direction());
  KEFU_RETURN_IF_ERROR(CheckId<OrderId>("order", input.order()));
  KEFU_RETURN_IF_ERROR(CheckText("order_number", input.order_number(), kMaxOrderNumber));
  KEFU_RETURN_IF_ERROR(CheckId<BuyerId>("buyer", input.buyer()));
  KEFU_RETURN_IF_ERROR(CheckId<ShipmentId>("parent", input.parent()));
  command.order = input.order();
  command.order_number = input.order_number();
  command.buyer = input.buyer();
  command.parent = input.parent();
  for (const v1::Arrival& arrival : input.arrivals()) {
    KEFU_ASSIGN_OR_RETURN(Arrival parsed, ToArrival(arrival));
    command.arrivals.push_back(parsed);
  }
  return command;
}

absl::StatusOr<NamedEvent> ToEvent(const StatusTable& table, const v1::TrackingEventInput& input) {
  NamedEvent named;
  KEFU_RETURN_IF_ERROR(CheckCarrier("carrier", input.carrier()));
  named.carrier = input.carrier();
  KEFU_ASSIGN_OR_RETURN(named.tracking_number,
                        NormalTrackingNumber("tracking_number", input.tracking_number()));
  KEFU_RETURN_IF_ERROR(CheckTexts(input));
  if (!input.has_time()) return InvalidField("time", "Say when it happened.");
  TrackingEvent& event = named.event;
  KEFU_ASSIGN_OR_RETURN(event.time, ToTime("time", input.time()));
  KEFU_ASSIGN_OR_RETURN(Meaning meaning, MeaningOf(table, input, &named.unknown_code));
  event.status = meaning.status;
  event.substatus = std::move(meaning.substatus);
  event.text = input.text();
  event.place = input.place();
  event.source = input.source();
  event.raw_code = input.raw_code();
  event.id = input.event();
  if (event.id.empty()) {
    const std::string code(input.raw_code().empty() ? NameOf(event.status) : input.raw_code());
    event.id = EventId(named.carrier, named.tracking_number, event.time, code, event.text);
  }
  return named;
}

absl::StatusOr<storage::Filter> ToFilter(const v1::ListShipmentsRequest& request) {
  storage::Filter filter;
  const bool is_buyer = request.actor().role() == ROLE_BUYER;
  filter.buyer = is_buyer ? request.actor().id() : request.buyer();
  KEFU_RETURN_IF_ERROR(CheckId<BuyerId>("buyer", filter.buyer));
  if (is_buyer && filter.buyer.empty()) return InvalidField("actor", "A buyer has an id.");
  if (request.has_order()) {
    KEFU_RETURN_IF_ERROR(OrderId::Parse(request.order()));
    filter.order = request.order();
  }
  if (request.has_tracking_number()) {
    KEFU_ASSIGN_OR_RETURN(filter.tracking_number,
                          NormalTrackingNumber("tracking_number", request.tracking_number()));
  }
  if (!v1::Shipment::Status_IsValid(request.status()))
    return InvalidField("status", "There is no such status.");
  filter.status = static_cast<Status>(request.status());
  return filter;
}

std::string QueryOf(const v1::ListShipmentsRequest& request, const storage::Filter& filter) {
  return page_token::Query(
      {request.shop(), filter.order, filter.tracking_number, filter.buyer, NameOf(filter.status)});
}

absl::Status CheckMaySee(const common::v1::Actor& actor, const Shipment& shipment) {
  if (actor.role() != ROLE_BUYER || (!actor.id().empty() && shipment.buyer == actor.id()))
    return absl::OkStatus();
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_SHIPMENT", "There is no such shipment.");
}

void PutError(const absl::Status& error, google::rpc::Status* message) {
  // Made by EncodeRpcStatus, so it can be parsed.
  message->ParseFromString(EncodeRpcStatus(error));
}

}  // namespace kefu::logistics::rpc
