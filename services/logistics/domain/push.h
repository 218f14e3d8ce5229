// Bodies that carriers' aggregators push, as tracking events. Pure.
//
//   KEFU_ASSIGN_OR_RETURN(Push push, ReadPush(table, "kuaidi100", body, received));
//
// Sources: "kuaidi100" (form with `param`, full list newest first) and "aftership" (JSON, full list
// oldest first). Texts that are too long are cut, not refused: what happened to the parcel counts.
// Events of one moment, which the list puts in an order, are told apart by a millisecond each.
// Errors: INVALID_ARGUMENT UNKNOWN_SOURCE, BAD_BODY.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/clock.h"
#include "services/logistics/domain/status_table.h"
#include "services/logistics/domain/tracking_events.h"

namespace kefu::logistics {

struct Push {
  // Normal (fields.h); empty if the push tells of no parcel.
  std::string carrier;
  std::string tracking_number;
  TrackingEvents events;
  // Codes that no table knows, each once.
  std::vector<std::string> unknown_codes;
};

bool IsPushSource(std::string_view source);

// `received`: when the body came, for what it says without a time.
absl::StatusOr<Push> ReadPush(const StatusTable& table, std::string_view source,
                              std::string_view body, TimePoint received);

}  // namespace kefu::logistics
