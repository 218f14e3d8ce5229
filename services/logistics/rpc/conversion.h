// Messages as commands and back; what is wrong with them. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "proto/kefu/logistics/v1/service.pb.h"
#include "services/logistics/domain/shipment.h"
#include "services/logistics/domain/status_table.h"
#include "services/logistics/storage/shipment_store.h"

namespace kefu::logistics::rpc {

// INVALID_FIELD.
absl::StatusOr<Register> ToCommand(const v1::ShipmentInput& input);

struct NamedEvent {
  std::string carrier;
  std::string tracking_number;
  TrackingEvent event;
  bool unknown_code = false;
};
// INVALID_FIELD; UNKNOWN_SOURCE for a code of a source that has no table.
absl::StatusOr<NamedEvent> ToEvent(const StatusTable& table, const v1::TrackingEventInput& input);

// For a buyer: what belongs to that buyer. INVALID_FIELD.
absl::StatusOr<storage::Filter> ToFilter(const v1::ListShipmentsRequest& request);
// Everything but the page, for page tokens.
std::string QueryOf(const v1::ListShipmentsRequest& request, const storage::Filter& filter);

// NOT_FOUND NO_SUCH_SHIPMENT for a buyer whose it is not.
absl::Status CheckMaySee(const common::v1::Actor& actor, const Shipment& shipment);

// An error as it stands in the results of a batch.
void PutError(const absl::Status& error, google::rpc::Status* message);

}  // namespace kefu::logistics::rpc
