// What records keeps of an event: the one place that knows the events of the others. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <string_view>
#include <vector>

#include "proto/kefu/common/v1/entry.pb.h"
#include "proto/kefu/events/v1/envelope.pb.h"
#include "services/records/storage/facts.h"

namespace kefu::records::rpc {

struct EventKind {
  std::string_view source;
  std::string_view type;
};
// The events that leave something here.
std::vector<EventKind> KnownEvents();

// INVALID_ARGUMENT: BAD_EVENT if the data cannot be read, INVALID_FIELD for ids that are none.
absl::StatusOr<std::vector<storage::Fact>> FactsOf(const events::v1::Envelope& envelope);

// The words of an entry by which it is found, and which are shown; empty if there are none.
std::string TextOf(const common::v1::Content& content);

}  // namespace kefu::records::rpc
