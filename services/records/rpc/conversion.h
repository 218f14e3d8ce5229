// Between the messages of records and the values of its storage. Pure. Errors: INVALID_ARGUMENT
// INVALID_FIELD.
#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/timestamp.pb.h>

#include <string_view>

#include "proto/kefu/records/v1/service.pb.h"
#include "services/common/text/analyser.h"
#include "services/records/storage/hourly.h"
#include "services/records/storage/reports.h"
#include "services/records/storage/search.h"

namespace kefu::records::rpc {

// Milliseconds; an absent one is {0}.
TimePoint FromTimestamp(const google::protobuf::Timestamp& time);
google::protobuf::Timestamp ToTimestamp(TimePoint time);

// `from_time` and `to_time` of a request; absent ones leave their side open. `from_time` must be
// before `to_time`.
template <class Request>
absl::StatusOr<storage::TimeSpan> TimeSpanOf(const Request& request);
absl::StatusOr<storage::TimeSpan> TimeSpanOf(const google::protobuf::Timestamp* from,
                                             const google::protobuf::Timestamp* to);
template <class Request>
absl::StatusOr<storage::TimeSpan> TimeSpanOf(const Request& request) {
  return TimeSpanOf(request.has_from_time() ? &request.from_time() : nullptr,
                    request.has_to_time() ? &request.to_time() : nullptr);
}

// With the places of the words that were searched for.
v1::SearchTranscriptsResponse::Hit ToMessage(const storage::Hit& hit,
                                             const text::Analyser& analyser,
                                             const domain::Query& query);
v1::SessionRow ToMessage(const storage::SessionRow& row);
v1::Round ToMessage(const storage::RoundRow& row);
v1::GetFiguresResponse::Row ToMessage(const storage::Figures& figures);
v1::GetHourlyFiguresResponse::Row ToMessage(const storage::HourlyFigures& figures);

}  // namespace kefu::records::rpc
