#include "services/logistics/rpc/shipment_service.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/page_token.h"
#include "services/common/base/retry.h"
#include "services/common/base/status.h"
#include "services/common/base/when_all.h"
#include "services/logistics/domain/check_digit.h"
#include "services/logistics/rpc/conversion.h"
#include "services/logistics/storage/records.h"

namespace kefu::logistics::rpc {
namespace {

constexpr int kMaxShipments = 100;
constexpr int kMaxEvents = 500;
constexpr uint32_t kDefaultPageSize = 20;
constexpr uint32_t kMaxPageSize = 100;

absl::Status CheckCount(std::string_view field, int count, int max) {
  if (count >= 1 && count <= max) return absl::OkStatus();
  return InvalidField(field, "Send 1 to " + std::to_string(max) + " of them.");
}

redis::Request Repeatable(const std::string& traceparent) {
  redis::Request request;
  request.traceparent = traceparent;
  return request;
}

void Refuse(const absl::Status& error, v1::ShipmentResult* result) {
  result->set_outcome(v1::ShipmentResult::OUTCOME_REFUSED);
  PutError(error, result->mutable_error());
}

void Refuse(const absl::Status& error, v1::TrackingEventResult* result) {
  result->set_outcome(v1::TrackingEventResult::OUTCOME_REFUSED);
  PutError(error, result->mutable_error());
}

// The parts of a batch, one for each shipment.
template <class Part>
std::vector<Part*> Pointers(std::map<std::string, Part>& parts) {
  std::vector<Part*> pointers;
  for (auto& [id, part] : parts) pointers.push_back(&part);
  return pointers;
}

template <class Part>
absl::Status FirstFailure(const std::map<std::string, Part>& parts) {
  for (const auto& [id, part] : parts) {
    if (!part.failure.ok()) return part.failure;
  }
  return absl::OkStatus();
}

}  // namespace

struct ShipmentServiceImpl::Registrations {
  std::vector<Register> commands;
  std::vector<v1::ShipmentResult*> results;
  std::string traceparent;
  absl::Status failure;
};

struct ShipmentServiceImpl::Additions {
  AddEvents command;
  std::vector<v1::TrackingEventResult*> results;
  std::string traceparent;
  absl::Status failure;
};

Task<> ShipmentServiceImpl::RegisterAll(ShopId shop, Registrations& part) {
  for (size_t i = 0; i < part.commands.size(); ++i) {
    redis::Request request = Repeatable(part.traceparent);
    const auto written = co_await store_.Register(shop, std::move(request), part.commands[i]);
    v1::ShipmentResult* const result = part.results[i];
    if (!written.ok()) {
      // Otherwise the item is at fault, and the others go on.
      if (Passes(written.status())) {
        part.failure = written.status();
        co_return;
      }
      Refuse(written.status(), result);
      continue;
    }
    result->set_outcome(written->created   ? v1::ShipmentResult::OUTCOME_CREATED
                        : written->changed ? v1::ShipmentResult::OUTCOME_UPDATED
                                           : v1::ShipmentResult::OUTCOME_UNCHANGED);
    const Shipment& shipment = written->stored.shipment;
    result->set_check_digit_failed(CheckDigitFails(shipment.carrier, shipment.tracking_number));
  }
}

Task<absl::Status> ShipmentServiceImpl::DoRegister(server::CallScope scope,
                                                   const v1::RegisterShipmentsRequest& request,
                                                   v1::RegisterShipmentsResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_RETURN_IF_ERROR(CheckCount("shipments", request.shipments_size(), kMaxShipments));
  std::map<std::string, Registrations> parts;
  for (const v1::ShipmentInput& input : request.shipments()) {
    v1::ShipmentResult* const result = response.add_results();
    absl::StatusOr<Register> command = ToCommand(input);
    if (!command.ok()) {
      Refuse(command.status(), result);
      continue;
    }
    result->set_shipment(ShipmentIdOf(command->carrier, command->tracking_number).str());
    Registrations& part = parts[result->shipment()];
    part.traceparent = scope.trace.traceparent;
    part.commands.push_back(*std::move(command));
    part.results.push_back(result);
  }
  std::vector<Task<>> tasks;
  for (Registrations* part : Pointers(parts)) tasks.push_back(RegisterAll(shop, *part));
  co_await WhenAll(std::move(tasks));
  co_return FirstFailure(parts);
}

Task<> ShipmentServiceImpl::AddAll(ShopId shop, Additions& part) {
  redis::Request request = Repeatable(part.traceparent);
  const auto written = co_await store_.AddEvents(shop, std::move(request), part.command);
  part.failure = written.status();
  if (!written.ok()) co_return;
  size_t added = 0, refused = 0;
  for (size_t i = 0; i < part.results.size(); ++i) {
    const Decision::Outcome& outcome = written->outcomes[i];
    v1::TrackingEventResult* const result = part.results[i];
    if (!outcome.refused.ok()) {
      Refuse(outcome.refused, result);
      ++refused;
      continue;
    }
    added += outcome.added ? 1 : 0;
    result->set_outcome(outcome.added ? v1::TrackingEventResult::OUTCOME_ADDED
                                      : v1::TrackingEventResult::OUTCOME_UNCHANGED);
  }
  metrics_.CountEvents("added", added);
  metrics_.CountEvents("refused", refused);
  metrics_.CountEvents("unchanged", part.results.size() - added - refused);
}

Task<absl::Status> ShipmentServiceImpl::DoAddEvents(server::CallScope scope,
                                                    const v1::AddTrackingEventsRequest& request,
                                                    v1::AddTrackingEventsResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_RETURN_IF_ERROR(CheckCount("events", request.events_size(), kMaxEvents));
  std::map<std::string, Additions> parts;
  for (const v1::TrackingEventInput& input : request.events()) {
    v1::TrackingEventResult* const result = response.add_results();
    absl::StatusOr<NamedEvent> named = ToEvent(table_, input);
    if (!named.ok()) {
      Refuse(named.status(), result);
      metrics_.CountEvents("refused", 1);
      continue;
    }
    result->set_shipment(ShipmentIdOf(named->carrier, named->tracking_number).str());
    result->set_unknown_code(named->unknown_code);
    if (named->unknown_code) metrics_.CountUnknownStatuses(input.source(), 1);
    Additions& part = parts[result->shipment()];
    part.traceparent = scope.trace.traceparent;
    part.command.carrier = named->carrier;
    part.command.tracking_number = named->tracking_number;
    part.command.events.push_back(std::move(named->event));
    part.results.push_back(result);
  }
  std::vector<Task<>> tasks;
  for (Additions* part : Pointers(parts)) tasks.push_back(AddAll(shop, *part));
  co_await WhenAll(std::move(tasks));
  co_return FirstFailure(parts);
}

Task<absl::Status> ShipmentServiceImpl::DoGet(server::CallScope,
                                              const v1::GetShipmentRequest& request,
                                              v1::Shipment& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const ShipmentId id, ShipmentId::Parse(request.shipment()));
  KEFU_CO_ASSIGN_OR_RETURN(const storage::StoredShipment stored, co_await store_.Get(shop, id));
  KEFU_CO_RETURN_IF_ERROR(CheckMaySee(request.actor(), stored.shipment));
  response = storage::ToMessage(stored.shipment, stored.version);
  co_return absl::OkStatus();
}

Task<absl::Status> ShipmentServiceImpl::DoList(server::CallScope,
                                               const v1::ListShipmentsRequest& request,
                                               v1::ListShipmentsResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const storage::Filter filter, ToFilter(request));
  const std::string query = QueryOf(request, filter);
  KEFU_CO_ASSIGN_OR_RETURN(std::string position, page_token::Decode(query, request.page_token()));
  if (request.page_size() > kMaxPageSize) co_return InvalidField("page_size", "At most 100.");
  const uint32_t size = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  KEFU_CO_ASSIGN_OR_RETURN(const storage::Page page,
                           co_await store_.List(shop, filter, std::move(position), size));
  for (const storage::StoredShipment& stored : page.shipments)
    *response.add_shipments() = storage::ToMessage(stored.shipment, stored.version);
  if (!page.next.empty()) response.set_next_page_token(page_token::Encode(query, page.next));
  co_return absl::OkStatus();
}

grpc::ServerUnaryReactor* ShipmentServiceImpl::RegisterShipments(
    grpc::CallbackServerContext* context, const v1::RegisterShipmentsRequest* request,
    v1::RegisterShipmentsResponse* response) {
  return Start(context, &ShipmentServiceImpl::DoRegister, request, response);
}

grpc::ServerUnaryReactor* ShipmentServiceImpl::AddTrackingEvents(
    grpc::CallbackServerContext* context, const v1::AddTrackingEventsRequest* request,
    v1::AddTrackingEventsResponse* response) {
  return Start(context, &ShipmentServiceImpl::DoAddEvents, request, response);
}

grpc::ServerUnaryReactor* ShipmentServiceImpl::GetShipment(grpc::CallbackServerContext* context,
                                                           const v1::GetShipmentRequest* request,
                                                           v1::Shipment* response) {
  return Start(context, &ShipmentServiceImpl::DoGet, request, response);
}

grpc::ServerUnaryReactor* ShipmentServiceImpl::ListShipments(
    grpc::CallbackServerContext* context, const v1::ListShipmentsRequest* request,
    v1::ListShipmentsResponse* response) {
  return Start(context, &ShipmentServiceImpl::DoList, request, response);
}

}  // namespace kefu::logistics::rpc
