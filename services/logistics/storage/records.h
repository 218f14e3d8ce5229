// Shipments and pushes as stored bytes and as messages, and back. Records of an older schema
// version are upgraded when read. Errors of Decode: DATA_LOSS BAD_RECORD; FAILED_PRECONDITION
// RECORD_TOO_NEW: written by a later release.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "proto/kefu/logistics/v1/service.pb.h"
#include "services/logistics/domain/shipment.h"

namespace kefu::logistics::storage {

// As the API shows it; `version` becomes the etag.
v1::Shipment ToMessage(const Shipment& shipment, uint64_t version);
// The same with its last event only: what others are told.
v1::Shipment ToSummary(const Shipment& shipment, uint64_t version);

std::string Encode(const Shipment& shipment);
absl::StatusOr<Shipment> DecodeShipment(std::string_view bytes);

// A body that waits to be taken apart, or was.
struct PushState {
  std::string source;
  std::string webhook;
  std::string body;
  TimePoint received;
  bool processed = false;
  // Why it could not be read, or not all of it; empty if it could.
  std::string problem;
  bool operator==(const PushState&) const = default;
};
std::string Encode(const PushState& push);
absl::StatusOr<PushState> DecodePush(std::string_view bytes);

google::protobuf::Timestamp ToTimestamp(TimePoint time);
TimePoint FromTimestamp(const google::protobuf::Timestamp& time);

}  // namespace kefu::logistics::storage
